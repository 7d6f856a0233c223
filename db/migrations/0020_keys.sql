-- Virtual keys. Revoked rows stay: requests and audit name them.
create table keys (
  account_id text not null references accounts on delete cascade,
  id text not null,
  name text not null,
  preview text not null,
  purpose text not null default 'gateway' check (purpose in ('gateway', 'playground')),
  hash text not null,
  previous_hash text,
  previous_valid_until timestamptz,
  user_id text,
  service_account_id text,
  team_id text,
  models text[],
  rpm integer check (rpm > 0),
  tpm bigint check (tpm > 0),
  expires_at timestamptz,
  rotated_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null,
  revoked_at timestamptz,
  primary key (account_id, id),
  check (num_nonnulls(user_id, service_account_id) = 1 or revoked_at is not null),
  foreign key (account_id, team_id) references teams (account_id, id) on delete set null (team_id)
);
-- 256 random bits: a collision between accounts cannot be provoked, so this unique index is no oracle
create unique index keys__hash on keys (hash);
-- the log of calls names keys of many accounts at once
create index keys__id on keys (id);
create index keys__previous_hash on keys (previous_hash) where previous_hash is not null;
create index keys__user on keys (account_id, user_id);
create index keys__service_account on keys (account_id, service_account_id);
select tenant_table('keys');
