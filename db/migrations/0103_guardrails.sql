-- What looks at the texts of calls before a provider or a caller sees them.
create table guardrails (
  account_id text not null references accounts on delete cascade,
  id text not null,
  name text not null,
  description text,
  status text not null,
  position integer not null,
  on_failure text not null,
  scope_type text not null,
  org_id text,
  team_id text,
  key_id text,
  model text,
  checks jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, id),
  -- a guardrail of one team, org or key has nothing to guard without it
  foreign key (account_id, org_id) references orgs (account_id, id) on delete cascade,
  foreign key (account_id, team_id) references teams (account_id, id) on delete cascade,
  foreign key (account_id, key_id) references keys (account_id, id) on delete cascade,
  check (num_nonnulls(org_id, team_id, key_id, model) = case scope_type when 'account' then 0 else 1 end)
);
create unique index guardrails__name on guardrails (account_id, lower(name));
select tenant_table('guardrails');

-- What guardrails said about calls, one row for each check that found something; never what it found. Stays when its guardrail goes.
create table guardrail_verdicts (
  account_id text not null references accounts on delete cascade,
  request_id text not null,
  place integer not null,
  at timestamptz not null,
  guardrail_id text not null,
  guardrail text not null,
  check_kind text not null,
  direction text not null,
  action text not null,
  found jsonb not null,
  primary key (account_id, request_id, place)
);
create index guardrail_verdicts__at on guardrail_verdicts (account_id, at desc);
create index guardrail_verdicts__guardrail on guardrail_verdicts (account_id, guardrail_id, at desc);
select tenant_table('guardrail_verdicts');
