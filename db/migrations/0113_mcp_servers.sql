-- MCP servers of an account, and their tools as they were approved and as they were last seen.
create table mcp_servers (
  account_id text not null references accounts on delete cascade,
  id text not null,
  name text not null,
  title text not null,
  description text,
  url text not null,
  auth text not null check (auth in ('none', 'header')),
  header_name text not null,
  sealed_secret text,
  status text not null check (status in ('active', 'disabled')),
  new_tools text not null check (new_tools in ('block', 'allow')),
  price_micros bigint not null check (price_micros >= 0),
  timeout_ms integer not null check (timeout_ms > 0),
  result_bytes_max integer not null check (result_bytes_max > 0),
  access jsonb not null,
  checked_at timestamptz,
  last_error text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, id)
);
create unique index mcp_servers__name on mcp_servers (account_id, name);
select tenant_table('mcp_servers');

create table mcp_tools (
  account_id text not null,
  server_id text not null,
  name text not null,
  -- what was approved; null for a tool nobody approved yet
  hash text,
  definition jsonb,
  is_allowed boolean not null,
  -- null: as the server says
  price_micros bigint check (price_micros >= 0),
  seen_hash text not null,
  seen_definition jsonb not null,
  is_present boolean not null default true,
  seen_at timestamptz not null,
  primary key (account_id, server_id, name),
  foreign key (account_id, server_id) references mcp_servers (account_id, id) on delete cascade
);
select tenant_table('mcp_tools');
