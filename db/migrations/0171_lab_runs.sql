-- What somebody asked several models in the testing lab, what they answered, and what was thought of it.
create table lab_runs (
  account_id text not null references accounts on delete cascade,
  id text not null,
  owner_id text not null,
  created_at timestamptz not null,
  prompt text not null,
  body jsonb not null,
  votes jsonb not null,
  notes text not null,
  shared boolean not null,
  primary key (account_id, id)
);
create index lab_runs__owner on lab_runs (account_id, owner_id, id desc);
select tenant_table('lab_runs');
