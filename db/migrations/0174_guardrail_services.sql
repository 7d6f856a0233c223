-- Who judges texts for guardrails outside of this installation.
create table guardrail_services (
  account_id text not null references accounts on delete cascade,
  id text not null,
  name text not null,
  kind text not null check (kind in ('openai_moderation', 'azure_content_safety', 'presidio', 'webhook')),
  url text,
  connection_id text,
  language text not null,
  timeout_ms integer not null check (timeout_ms > 0),
  sealed_secret text,
  checked_at timestamptz,
  last_error text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, id),
  -- without its connection a service stays and judges nothing, so that guardrails which fail closed go on refusing
  foreign key (account_id, connection_id) references provider_connections (account_id, id)
    on delete set null (connection_id),
  check ((kind = 'openai_moderation') = (url is null))
);
create unique index guardrail_services__name on guardrail_services (account_id, lower(name));
create index guardrail_services__connection on guardrail_services (account_id, connection_id);
select tenant_table('guardrail_services');
