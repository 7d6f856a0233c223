-- What people may do beside the role of their membership: custom roles, roles for a part of the account or for a time,
-- requests for them, and rules that take permissions away. Rows of 'platform' concern people with roles of the platform.

create table custom_roles (
  account_id text not null references accounts on delete cascade,
  id text not null,
  name text not null,
  description text,
  permissions text[] not null,
  created_at timestamptz not null,
  primary key (account_id, id)
);
create unique index custom_roles__name on custom_roles (account_id, lower(name));
select tenant_table('custom_roles');

create table role_assignments (
  account_id text not null references accounts on delete cascade,
  id text not null,
  user_id text,
  service_account_id text,
  role text,
  custom_role_id text,
  org_id text,
  team_id text,
  starts_at timestamptz not null,
  expires_at timestamptz,
  reason text,
  granted_by text not null,
  created_at timestamptz not null,
  primary key (account_id, id),
  constraint role_assignments__principal check (num_nonnulls(user_id, service_account_id) = 1),
  constraint role_assignments__role check (num_nonnulls(role, custom_role_id) = 1),
  constraint role_assignments__part check (num_nonnulls(org_id, team_id) <= 1),
  constraint role_assignments__time check (expires_at > starts_at),
  foreign key (account_id, user_id) references memberships (account_id, user_id) on delete cascade,
  foreign key (account_id, service_account_id) references service_accounts (account_id, id) on delete cascade,
  foreign key (account_id, custom_role_id) references custom_roles (account_id, id),
  foreign key (account_id, org_id) references orgs (account_id, id) on delete cascade,
  foreign key (account_id, team_id) references teams (account_id, id) on delete cascade
);
create index role_assignments__user on role_assignments (account_id, user_id);
create index role_assignments__service_account on role_assignments (account_id, service_account_id);
create index role_assignments__custom_role on role_assignments (account_id, custom_role_id);
select tenant_table('role_assignments');

create table role_requests (
  account_id text not null references accounts on delete cascade,
  id text not null,
  user_id text not null,
  role text,
  custom_role_id text,
  org_id text,
  team_id text,
  hours integer not null check (hours > 0),
  reason text not null,
  status text not null default 'open' check (status in ('open', 'approved', 'refused', 'withdrawn')),
  decided_by text,
  decided_at timestamptz,
  decision text,
  assignment_id text,
  created_at timestamptz not null,
  primary key (account_id, id),
  constraint role_requests__role check (num_nonnulls(role, custom_role_id) = 1),
  constraint role_requests__part check (num_nonnulls(org_id, team_id) <= 1),
  foreign key (account_id, user_id) references memberships (account_id, user_id) on delete cascade,
  foreign key (account_id, custom_role_id) references custom_roles (account_id, id) on delete cascade,
  foreign key (account_id, org_id) references orgs (account_id, id) on delete cascade,
  foreign key (account_id, team_id) references teams (account_id, id) on delete cascade
);
create index role_requests__user on role_requests (account_id, user_id);
create index role_requests__status on role_requests (account_id, status);
select tenant_table('role_requests');

create table deny_rules (
  account_id text not null references accounts on delete cascade,
  id text not null,
  subject text not null check (subject in ('everyone', 'role', 'user', 'service_account')),
  role text,
  custom_role_id text,
  user_id text,
  service_account_id text,
  permissions text[] not null,
  reason text not null,
  expires_at timestamptz,
  created_by text not null,
  created_at timestamptz not null,
  primary key (account_id, id),
  constraint deny_rules__subject check (
    num_nonnulls(role, custom_role_id, user_id, service_account_id) = (subject <> 'everyone')::int
  ),
  foreign key (account_id, custom_role_id) references custom_roles (account_id, id) on delete cascade,
  foreign key (account_id, user_id) references memberships (account_id, user_id) on delete cascade,
  foreign key (account_id, service_account_id) references service_accounts (account_id, id) on delete cascade
);
select tenant_table('deny_rules');
