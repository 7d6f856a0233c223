-- Limits of calls: of everything, of an org, a team, a person, a key, a model or a tag. What the platform sets is for all.
create table limits (
  account_id text not null references accounts on delete cascade,
  id text not null,
  scope_type text not null,
  -- The tag where it is one; empty where it is everything of the account.
  scope_id text not null,
  rpm integer check (rpm > 0),
  tpm bigint check (tpm > 0),
  parallel integer check (parallel > 0),
  input_tokens_max integer check (input_tokens_max > 0),
  output_tokens_max integer check (output_tokens_max > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, id)
);
create unique index limits__scope on limits (account_id, scope_type, scope_id);
select tenant_table('limits');
