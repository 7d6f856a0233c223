create table orgs (
  account_id text not null references accounts on delete cascade,
  id text not null,
  name text not null,
  description text,
  is_default boolean not null default false,
  created_at timestamptz not null,
  primary key (account_id, id)
);
create unique index orgs__name on orgs (account_id, lower(name));
create unique index orgs__default on orgs (account_id) where is_default;
select tenant_table('orgs');

create table teams (
  account_id text not null,
  id text not null,
  org_id text not null,
  name text not null,
  description text,
  rpm integer check (rpm > 0),
  tpm bigint check (tpm > 0),
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, org_id) references orgs (account_id, id)
);
alter table teams add constraint teams__account foreign key (account_id) references accounts on delete cascade;
create unique index teams__name on teams (account_id, org_id, lower(name));
select tenant_table('teams');

create table team_members (
  account_id text not null,
  team_id text not null,
  user_id text not null,
  position integer not null default 0,
  created_at timestamptz not null,
  primary key (account_id, team_id, user_id),
  foreign key (account_id, team_id) references teams (account_id, id) on delete cascade,
  foreign key (account_id, user_id) references memberships (account_id, user_id) on delete cascade
);
create index team_members__user on team_members (account_id, user_id, position);
select tenant_table('team_members');

create table service_accounts (
  account_id text not null references accounts on delete cascade,
  id text not null,
  name text not null,
  description text,
  team_id text,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, team_id) references teams (account_id, id) on delete set null (team_id)
);
create unique index service_accounts__name on service_accounts (account_id, lower(name));
select tenant_table('service_accounts');
