-- The identity provider that an account chose for itself. That of the installation stands in the environment.
create table sso_configs (
  account_id text not null primary key references accounts on delete cascade,
  kind text not null check (kind in ('zitadel', 'oidc')),
  name text not null,
  issuer text,
  client_id text,
  sealed_secret text,
  secret_preview text,
  secret_fingerprint text,
  secret_rotated_at timestamptz,
  scopes text[] not null,
  claims jsonb not null,
  email_domains text[] not null default '{}',
  enabled boolean not null default false,
  required boolean not null default false,
  -- when an administrator last came in by these very settings; without that they cannot be made the only way in
  admin_signed_in_at timestamptz,
  last_test jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check (not enabled or (issuer is not null and client_id is not null)),
  check (not required or enabled)
);
select tenant_table('sso_configs');
create index sso_configs__issuer on sso_configs (issuer, client_id);

-- Sign-ins on their way: what was asked for stays here and is found again by the state, in the same browser only.
create table sso_flows (
  state_hash text primary key,
  browser_hash text not null,
  provider_account text not null references accounts on delete cascade,
  sealed_checks text not null,
  return_path text not null,
  account_hint text,
  -- a session that proves itself again, instead of one that begins
  session_id text references sessions on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index sso_flows__expires on sso_flows (expires_at);
create index sso_flows__session on sso_flows (session_id);
create index sso_flows__account on sso_flows (provider_account);
alter table sso_flows enable row level security;
alter table sso_flows force row level security;
create policy platform on sso_flows to cockpit_platform using (true) with check (true);
grant select, insert, delete on sso_flows to cockpit_platform;

-- The ID token of a session, which a provider wants back when it is asked to sign somebody out.
create table sso_id_tokens (
  session_id text primary key references sessions on delete cascade,
  provider_account text not null references accounts on delete cascade,
  sealed_id_token text not null
);
create index sso_id_tokens__account on sso_id_tokens (provider_account);
alter table sso_id_tokens enable row level security;
alter table sso_id_tokens force row level security;
create policy platform on sso_id_tokens to cockpit_platform using (true) with check (true);
grant select, insert, delete on sso_id_tokens to cockpit_platform;

-- Logout tokens that were taken; each counts once.
create table sso_logout_tokens (
  issuer text not null,
  jti text not null,
  expires_at timestamptz not null,
  primary key (issuer, jti)
);
create index sso_logout_tokens__expires on sso_logout_tokens (expires_at);
alter table sso_logout_tokens enable row level security;
alter table sso_logout_tokens force row level security;
create policy platform on sso_logout_tokens to cockpit_platform using (true) with check (true);
grant select, insert, delete on sso_logout_tokens to cockpit_platform;
