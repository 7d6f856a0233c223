-- What callers of an account may have kept for them, and for how long.
create table stored_policies (
  account_id text primary key references accounts on delete cascade,
  responses text not null check (responses in ('asked', 'always', 'never')),
  response_days integer not null check (response_days between 1 and 365),
  file_days integer not null check (file_days between 1 and 365),
  updated_at timestamptz not null
);
select tenant_table('stored_policies');

-- Answers that can be asked for again and continued. They belong to whoever called; their text is sealed. The answer one
-- continues may be deleted before it, so nothing refers to that one.
create table stored_responses (
  account_id text not null references accounts on delete cascade,
  id text not null,
  owner_id text not null,
  previous_id text,
  sealed text not null,
  created_at timestamptz not null,
  primary key (account_id, id)
);
create index stored_responses__created on stored_responses (account_id, created_at);
select tenant_table('stored_responses');
