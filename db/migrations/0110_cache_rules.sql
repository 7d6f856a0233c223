-- Which answers of models are kept and given again: of the account, of one of its models, of a key.
create table cache_rules (
  account_id text not null references accounts on delete cascade,
  id text not null,
  scope_type text not null check (scope_type in ('account', 'model', 'key')),
  -- Empty where it is the account.
  scope_id text not null,
  mode text not null check (mode in ('off', 'asked', 'exact')),
  ttl_seconds integer not null check (ttl_seconds > 0),
  answer_bytes_max integer not null check (answer_bytes_max > 0),
  share text not null check (share in ('account', 'team', 'user', 'key')),
  kept text not null check (kept in ('deterministic', 'all')),
  -- Grows with each clearing.
  generation integer not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, id)
);
create unique index cache_rules__scope on cache_rules (account_id, scope_type, scope_id);
select tenant_table('cache_rules');
