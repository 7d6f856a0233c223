-- The story becomes evidence: every event has its place in the chain of its account, and a hash that continues the hash
-- before it. The heads of the chains stand apart, so that one row lock orders the writers of an account.

alter table events
  add column outcome text not null default 'done' check (outcome in ('done', 'read', 'denied')),
  add column user_agent text,
  add column policy_version text,
  add column chain_seq bigint,
  add column prev_hash text,
  add column hash text;

-- No foreign key: like the events it is about, a chain outlives its account.
create table audit_chains (
  account_id text not null primary key,
  seq bigint not null,
  hash text not null,
  -- everything up to here was removed by retention
  pruned_seq bigint not null default 0,
  updated_at timestamptz not null
);
select tenant_table('audit_chains');
revoke delete on audit_chains from cockpit_app, cockpit_platform;
