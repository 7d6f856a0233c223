-- What an identity source says about people and groups through SCIM 2.0, and how that becomes memberships, teams and roles.

-- A credential of one identity source for one account. A rotated secret works a while beside the new one.
create table scim_tokens (
  account_id text not null references accounts on delete cascade,
  id text not null,
  name text not null,
  preview text not null,
  hash text not null,
  previous_hash text,
  previous_valid_until timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null,
  created_by text not null,
  primary key (account_id, id)
);
create unique index scim_tokens__hash on scim_tokens (account_id, hash);
create index scim_tokens__by_hash on scim_tokens (hash);
create index scim_tokens__by_previous on scim_tokens (previous_hash) where previous_hash is not null;
select tenant_table('scim_tokens');

-- A person as the source describes them; the membership itself says whether they may work here.
create table scim_users (
  account_id text not null references accounts on delete cascade,
  user_id text not null,
  user_name text not null,
  external_id text,
  active boolean not null,
  attributes jsonb not null,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, user_id),
  foreign key (account_id, user_id) references memberships (account_id, user_id) on delete cascade
);
create unique index scim_users__user_name on scim_users (account_id, lower(user_name));
create unique index scim_users__external_id on scim_users (account_id, external_id) where external_id is not null;
select tenant_table('scim_users');

create table scim_groups (
  account_id text not null references accounts on delete cascade,
  id text not null,
  display_name text not null,
  external_id text,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, id)
);
create unique index scim_groups__display_name on scim_groups (account_id, lower(display_name));
create unique index scim_groups__external_id on scim_groups (account_id, external_id) where external_id is not null;
select tenant_table('scim_groups');

create table scim_group_members (
  account_id text not null,
  group_id text not null,
  user_id text not null,
  primary key (account_id, group_id, user_id),
  foreign key (account_id, group_id) references scim_groups (account_id, id) on delete cascade,
  foreign key (account_id, user_id) references scim_users (account_id, user_id) on delete cascade
);
create index scim_group_members__user on scim_group_members (account_id, user_id);
select tenant_table('scim_group_members');

-- What membership of a group gives here. `value` is a name of a group, `*` at its end stands for anything.
create table scim_rules (
  account_id text not null references accounts on delete cascade,
  id text not null,
  position integer not null,
  match text not null,
  gives text not null check (gives in ('role', 'team', 'org')),
  role text,
  team_id text,
  org_id text,
  primary key (account_id, id),
  foreign key (account_id, team_id) references teams (account_id, id) on delete cascade,
  foreign key (account_id, org_id) references orgs (account_id, id) on delete cascade,
  check ((gives = 'role') = (role is not null) and (gives = 'team') = (team_id is not null) and (gives = 'org') = (org_id is not null))
);
select tenant_table('scim_rules');

-- The last requests of the source, to see why it complains. Older ones go as new ones come.
create table scim_requests (
  account_id text not null references accounts on delete cascade,
  id text not null,
  at timestamptz not null,
  token_id text not null,
  method text not null,
  path text not null,
  status integer not null,
  detail text,
  primary key (account_id, id)
);
select tenant_table('scim_requests');
