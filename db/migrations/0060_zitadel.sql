-- Accounts in Zitadel: how they are provisioned, what was done about it, and what was heard from there.

create table zitadel_configs (
  account_id text not null primary key references accounts on delete cascade,
  enabled boolean not null default true,
  issuer text,
  audience text,
  project_id text,
  organization_id text,
  role_mappings jsonb not null default '{}',
  account_id_claim text,
  product_domains_claim text,
  organization_deactivated text not null default 'suspend' check (organization_deactivated in ('suspend', 'report')),
  updated_at timestamptz not null
);
-- two accounts in one organization would be one account to everybody who signs in from it
create unique index zitadel_configs__organization on zitadel_configs (organization_id);
select tenant_table('zitadel_configs');

create table zitadel_defaults (
  id boolean primary key default true check (id),
  project_id text,
  organization_id text,
  role_prefix text,
  resolve_user_ids boolean not null default true,
  updated_at timestamptz not null
);
alter table zitadel_defaults enable row level security;
alter table zitadel_defaults force row level security;
create policy platform on zitadel_defaults to cockpit_platform using (true) with check (true);
grant select, insert, update, delete on zitadel_defaults to cockpit_platform;

-- Who a member is in Zitadel: found by e-mail, or said by somebody.
create table zitadel_user_links (
  account_id text not null,
  user_id text not null,
  zitadel_user_id text not null,
  source text not null check (source in ('mapped', 'resolved')),
  created_at timestamptz not null,
  primary key (account_id, user_id),
  foreign key (account_id, user_id) references memberships (account_id, user_id) on delete cascade
);
create unique index zitadel_user_links__zitadel_user on zitadel_user_links (account_id, zitadel_user_id);
create index zitadel_user_links__subject on zitadel_user_links (zitadel_user_id);
select tenant_table('zitadel_user_links');

-- One provisioning: what was wanted, and every step with what became of it. A process that dies leaves its run to others
-- once `leased_until` has passed.
create table zitadel_runs (
  account_id text not null references accounts on delete cascade,
  id text not null,
  kind text not null check (kind in ('sync_roles', 'sync_admin_grants', 'bootstrap')),
  status text not null check (status in ('queued', 'running', 'succeeded', 'incomplete')),
  project_id text not null,
  organization_id text,
  wanted jsonb not null,
  unresolved jsonb not null default '[]',
  created_by text not null,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  leased_until timestamptz,
  primary key (account_id, id)
);
create index zitadel_runs__open on zitadel_runs (created_at) where status in ('queued', 'running');
select tenant_table('zitadel_runs');

create table zitadel_run_steps (
  account_id text not null,
  run_id text not null,
  position integer not null,
  key text not null,
  kind text not null check (kind in ('config', 'role', 'project_grant', 'authorization', 'verify')),
  target text not null,
  status text not null default 'pending',
  message text,
  role_keys text[] not null default '{}',
  input jsonb not null default '{}',
  attempts integer not null default 0,
  started_at timestamptz,
  finished_at timestamptz,
  primary key (account_id, run_id, position),
  foreign key (account_id, run_id) references zitadel_runs (account_id, id) on delete cascade
);
create unique index zitadel_run_steps__key on zitadel_run_steps (account_id, run_id, key);
select tenant_table('zitadel_run_steps');

-- Memberships that Zitadel stopped, and why: what somebody here stopped is never started again from there.
create table zitadel_suspensions (
  account_id text not null,
  user_id text not null,
  cause text not null check (cause in ('user', 'organization', 'authorization')),
  event_type text not null,
  at timestamptz not null,
  primary key (account_id, user_id, cause),
  foreign key (account_id, user_id) references memberships (account_id, user_id) on delete cascade
);
select tenant_table('zitadel_suspensions');

-- Accounts whose memberships are to be compared with Zitadel: at once, and again when its projections have caught up.
create table zitadel_reconciliations (
  account_id text not null primary key references accounts on delete cascade,
  due_at timestamptz not null,
  passes_left integer not null check (passes_left > 0),
  reason text not null
);
select tenant_table('zitadel_reconciliations');

-- What was heard, by webhook or by poll, once each. A sequence counts within its aggregate only.
create table zitadel_events (
  aggregate_type text not null,
  aggregate_id text not null,
  sequence bigint not null,
  type text not null,
  happened_at timestamptz not null,
  received_at timestamptz not null,
  via text not null check (via in ('webhook', 'poll')),
  outcome text not null,
  problem text,
  primary key (aggregate_type, aggregate_id, sequence)
);
create index zitadel_events__received on zitadel_events (received_at desc);
alter table zitadel_events enable row level security;
alter table zitadel_events force row level security;
create policy platform on zitadel_events to cockpit_platform using (true) with check (true);
grant select, insert, update, delete on zitadel_events to cockpit_platform;

-- How far the story of Zitadel is read, and how the two ways of hearing it fare.
create table zitadel_feed (
  id boolean primary key default true check (id),
  webhook_at timestamptz,
  webhook_type text,
  webhooks bigint not null default 0,
  duplicates bigint not null default 0,
  refused bigint not null default 0,
  refused_at timestamptz,
  refusal text,
  polled_at timestamptz,
  poll_problem text,
  poll_found bigint not null default 0,
  cursor_at timestamptz,
  cursor_sequence bigint
);
insert into zitadel_feed default values;
alter table zitadel_feed enable row level security;
alter table zitadel_feed force row level security;
create policy platform on zitadel_feed to cockpit_platform using (true) with check (true);
grant select, update on zitadel_feed to cockpit_platform;

-- who names an organization names whose people come in: platform work only
revoke insert, update, delete on zitadel_configs, zitadel_user_links, zitadel_suspensions from cockpit_app;
