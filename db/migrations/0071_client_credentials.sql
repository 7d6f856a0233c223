-- What programs prove themselves with, and the short-lived tokens they get for it. Only hashes are kept of either.
create table client_credentials (
  account_id text not null references accounts on delete cascade,
  id text not null,
  service_account_id text not null,
  name text not null,
  preview text not null,
  hash text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null,
  created_by text not null,
  primary key (account_id, id),
  foreign key (account_id, service_account_id) references service_accounts (account_id, id) on delete cascade
);
create unique index client_credentials__hash on client_credentials (account_id, hash);
create index client_credentials__by_hash on client_credentials (hash);
create index client_credentials__service_account on client_credentials (account_id, service_account_id);
select tenant_table('client_credentials');

create table client_tokens (
  account_id text not null references accounts on delete cascade,
  id text not null,
  credential_id text not null,
  hash text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, credential_id) references client_credentials (account_id, id) on delete cascade
);
create unique index client_tokens__hash on client_tokens (account_id, hash);
create index client_tokens__by_hash on client_tokens (hash);
create index client_tokens__credential on client_tokens (account_id, credential_id);
select tenant_table('client_tokens');
