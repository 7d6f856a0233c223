-- Accounts: the tenants. The row 'platform' stands for the installation itself and owns what all accounts share.
create table accounts (
  account_id text not null primary key,
  name text not null,
  alias text,
  domain text,
  status text not null default 'active' check (status in ('active', 'suspended')),
  timezone text not null default 'UTC',
  credits_factor numeric(8, 4) not null check (credits_factor > 0),
  rpm integer check (rpm > 0),
  tpm bigint check (tpm > 0),
  log_content boolean not null default false,
  metadata jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index accounts__name on accounts (lower(name));
create unique index accounts__domain on accounts (domain);
select tenant_table('accounts');
insert into accounts (account_id, name, credits_factor, created_at, updated_at) values ('platform', 'Platform', 1, now(), now());
