-- Whether a connection is asked regularly for its models, by one worker at a time, and what came of it. Gateways leave a
-- connection alone that is down; they learn it with their slice.
alter table provider_connections
  add column health_check jsonb,
  add column check_due_at timestamptz,
  add column check_failures integer not null default 0,
  add column down_since timestamptz;
create index provider_connections__check_due on provider_connections (check_due_at) where check_due_at is not null;
create table connection_checks (
  account_id text not null,
  connection_id text not null,
  at timestamptz not null,
  ok boolean not null,
  latency_ms integer,
  reason text,
  primary key (account_id, connection_id, at),
  foreign key (account_id, connection_id) references provider_connections (account_id, id) on delete cascade
);
create index connection_checks__at on connection_checks (at);
select tenant_table('connection_checks');
