-- People exist once on the platform and join accounts by membership. Membership in 'platform' makes a super admin.
create table users (
  id text primary key,
  email text not null,
  name text not null,
  password_hash text,
  created_at timestamptz not null,
  last_seen_at timestamptz
);
create unique index users__email on users (email);

create table memberships (
  account_id text not null references accounts on delete cascade,
  user_id text not null references users,
  role text not null check (role in ('super_admin', 'account_admin', 'end_user')),
  status text not null default 'active' check (status in ('active', 'suspended')),
  rpm integer check (rpm > 0),
  tpm bigint check (tpm > 0),
  created_at timestamptz not null,
  primary key (account_id, user_id),
  check ((role = 'super_admin') = (account_id = 'platform'))
);
create index memberships__user on memberships (user_id);
select tenant_table('memberships');

-- A tenant sees the people of its account only; creating and linking people is platform work.
alter table users enable row level security;
alter table users force row level security;
create policy tenant on users to cockpit_app
  using (exists (select 1 from memberships m where m.user_id = users.id and m.account_id = (select nullif(current_setting('app.account_id', true), ''))));
create policy platform on users to cockpit_platform using (true) with check (true);
grant select on users to cockpit_app;
grant select, insert, update, delete on users to cockpit_platform;

-- Sessions of the browser; the cookie holds the secret, the table its hash. Platform work only.
create table sessions (
  id text primary key,
  token_hash text not null unique,
  user_id text not null references users on delete cascade,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  ip text,
  user_agent text
);
create index sessions__user on sessions (user_id);
alter table sessions enable row level security;
alter table sessions force row level security;
create policy platform on sessions to cockpit_platform using (true) with check (true);
grant select, insert, update, delete on sessions to cockpit_platform;

-- One row while set-up is open: the hash of the one-time code.
create table setup_codes (
  id boolean primary key default true check (id),
  code_hash text not null,
  created_at timestamptz not null
);
alter table setup_codes enable row level security;
alter table setup_codes force row level security;
create policy platform on setup_codes to cockpit_platform using (true) with check (true);
grant select, insert, update, delete on setup_codes to cockpit_platform;

-- Failed sign-ins by e-mail and by address, for the lock-out.
create table sign_in_failures (
  subject text not null,
  at timestamptz not null
);
create index sign_in_failures__subject on sign_in_failures (subject, at);
create index sign_in_failures__at on sign_in_failures (at);
alter table sign_in_failures enable row level security;
alter table sign_in_failures force row level security;
create policy platform on sign_in_failures to cockpit_platform using (true) with check (true);
grant select, insert, delete on sign_in_failures to cockpit_platform;
