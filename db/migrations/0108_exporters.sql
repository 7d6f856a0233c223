-- Where requests on record are sent as they are booked. The cursor is a place in the order of booking, behind which nothing
-- was ever skipped: the order is read only when no booking is under way.
create table exporters (
  account_id text not null references accounts on delete cascade,
  id text not null,
  name text not null,
  kind text not null check (kind in ('otlp', 'langfuse', 'webhook', 's3')),
  url text not null,
  settings jsonb not null,
  sealed_secret text,
  content text not null check (content in ('none', 'masked', 'whole')),
  status text not null default 'active' check (status in ('active', 'paused')),
  cursor_seq bigint not null,
  sent bigint not null default 0,
  failures integer not null default 0,
  next_attempt_at timestamptz not null,
  -- a worker sends to it until then; one that died lets go by the clock
  claimed_until timestamptz,
  last_error text,
  last_delivered_at timestamptz,
  created_at timestamptz not null,
  primary key (account_id, id)
);
create index exporters__due on exporters (next_attempt_at) where status = 'active';
select tenant_table('exporters');
