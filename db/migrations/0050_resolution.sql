-- Who an outside identity is here. One person may have several; an identity is one person for good.
create table user_identities (
  issuer text not null,
  subject text not null,
  user_id text not null references users on delete cascade,
  email text,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  primary key (issuer, subject)
);
create index user_identities__user on user_identities (user_id);
alter table user_identities enable row level security;
alter table user_identities force row level security;
create policy platform on user_identities to cockpit_platform using (true) with check (true);
grant select, insert, update, delete on user_identities to cockpit_platform;

-- E-mail domains of an account. Only a verified one says anything about whose somebody is, and only one account can
-- have verified it.
create table account_domains (
  account_id text not null references accounts on delete cascade,
  domain text not null check (domain = lower(domain)),
  token text not null,
  verified_at timestamptz,
  created_at timestamptz not null,
  primary key (account_id, domain)
);
create unique index account_domains__verified on account_domains (domain) where verified_at is not null;
select tenant_table('account_domains');

-- The organisation that an account is at an identity provider. An org id means something at its own issuer only.
create table account_identity_orgs (
  account_id text not null references accounts on delete cascade,
  issuer text not null,
  org_id text not null,
  created_at timestamptz not null,
  primary key (account_id, issuer)
);
create unique index account_identity_orgs__org on account_identity_orgs (issuer, org_id);
select tenant_table('account_identity_orgs');
-- an account that could name its own org would take the people of another
revoke insert, update, delete on account_identity_orgs from cockpit_app;

-- Why somebody is a member, and what the identity provider said about their role when it was last asked.
alter table memberships add column provenance jsonb;

-- Tokens of a person that were issued before are refused.
alter table users add column tokens_valid_from timestamptz;
