-- Catalog entries; those of account 'platform' are offered to accounts, the others belong to one account (BYOK).
create table models (
  account_id text not null references accounts on delete cascade,
  id text not null,
  name text not null,
  display_name text not null,
  description text,
  capabilities text[] not null,
  context_tokens integer,
  output_tokens_max integer,
  status text not null default 'active' check (status in ('active', 'disabled')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, id)
);
create unique index models__name on models (account_id, name);
select tenant_table('models');

create table model_deployments (
  account_id text not null,
  model_id text not null,
  position integer not null,
  connection_id text not null,
  upstream_model text not null,
  primary key (account_id, model_id, position),
  foreign key (account_id, model_id) references models (account_id, id) on delete cascade,
  foreign key (account_id, connection_id) references provider_connections (account_id, id)
);
-- directly too: the account takes them before its connections are missed
alter table model_deployments add constraint model_deployments__account foreign key (account_id) references accounts on delete cascade;
create index model_deployments__connection on model_deployments (account_id, connection_id);
select tenant_table('model_deployments');

-- Prices never change: a new price is a new version. Pico-dollars (1e-12 USD) a token.
create table model_prices (
  account_id text not null,
  model_id text not null,
  version integer not null,
  input_pico bigint not null check (input_pico >= 0),
  output_pico bigint not null check (output_pico >= 0),
  cached_input_pico bigint check (cached_input_pico >= 0),
  cache_write_pico bigint check (cache_write_pico >= 0),
  reasoning_pico bigint check (reasoning_pico >= 0),
  effective_from timestamptz not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (account_id, model_id, version),
  foreign key (account_id, model_id) references models (account_id, id) on delete cascade
);
select tenant_table('model_prices');

-- The catalog of the platform is offered to all accounts: they read it, and only the platform writes it. Deployments
-- stay hidden, as they name the platform's own connections.
create policy catalog on models for select to cockpit_app using (account_id = 'platform');
create policy catalog on model_prices for select to cockpit_app using (account_id = 'platform');

-- What a super admin lets an account choose from, and what the account chose. Mode 'all' includes future models.
create table model_eligibility (
  account_id text not null primary key references accounts on delete cascade,
  mode text not null check (mode in ('all', 'list')),
  model_ids text[] not null
);
select tenant_table('model_eligibility');
create table model_selections (
  account_id text not null primary key references accounts on delete cascade,
  mode text not null check (mode in ('all', 'list')),
  model_ids text[] not null
);
select tenant_table('model_selections');
