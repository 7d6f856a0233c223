-- Where an account's events are sent as they happen. The cursor is a place in the chain, which has no gaps and grows in the
-- order of commits: whatever is sent behind it was never skipped.
create table audit_destinations (
  account_id text not null references accounts on delete cascade,
  id text not null,
  name text not null,
  url text not null,
  sealed_secret text not null,
  status text not null default 'active' check (status in ('active', 'paused')),
  cursor_seq bigint not null,
  failures integer not null default 0,
  next_attempt_at timestamptz not null,
  -- a worker sends to it until then; one that died lets go by the clock
  claimed_until timestamptz,
  last_error text,
  last_delivered_at timestamptz,
  created_at timestamptz not null,
  primary key (account_id, id)
);
create index audit_destinations__due on audit_destinations (next_attempt_at) where status = 'active';
select tenant_table('audit_destinations');
