-- Writes that named a key, for a day: a repeated one gets the first answer again instead of a second change.
-- `attempt` fences: only the newest attempt may mark its change, and it does so in the transaction of that change.
-- `answer` is sealed, for it may show a secret that is shown only once.
create table idempotent_writes (
  account_id text not null references accounts on delete cascade,
  principal text not null,
  route text not null,
  key text not null,
  attempt text not null,
  content text not null,
  started_at timestamptz not null,
  changed_at timestamptz,
  answer text,
  primary key (account_id, principal, route, key)
);
create index idempotent_writes__started on idempotent_writes (started_at);
select tenant_table('idempotent_writes');
