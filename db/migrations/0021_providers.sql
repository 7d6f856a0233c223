create table provider_connections (
  account_id text not null references accounts on delete cascade,
  id text not null,
  name text not null,
  kind text not null check (kind in ('openai', 'anthropic', 'openai-compatible', 'demo')),
  base_url text,
  sealed_secret text,
  secret_preview text,
  secret_fingerprint text,
  secret_rotated_at timestamptz,
  on_disconnect text not null check (on_disconnect in ('abort', 'drain')),
  timeouts jsonb not null,
  max_retries integer not null,
  status text not null default 'active' check (status in ('active', 'disabled')),
  last_test jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, id)
);
create unique index provider_connections__name on provider_connections (account_id, lower(name));
select tenant_table('provider_connections');
