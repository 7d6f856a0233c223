-- Many calls handed in at once, made by a worker within a day. `holder` is whom each of them is made for.
create table stored_batches (
  account_id text not null references accounts on delete cascade,
  id text not null,
  owner_id text not null,
  created_by jsonb not null,
  holder jsonb not null,
  dialect text not null check (dialect in ('openai', 'anthropic')),
  endpoint text not null,
  input_file_id text,
  metadata jsonb,
  status text not null check (
    status in ('validating', 'failed', 'in_progress', 'finalizing', 'completed', 'expired', 'cancelling', 'cancelled')
  ),
  errors jsonb,
  total integer not null default 0,
  succeeded integer not null default 0,
  errored integer not null default 0,
  canceled integer not null default 0,
  expired integer not null default 0,
  output_file_id text,
  error_file_id text,
  created_at timestamptz not null,
  started_at timestamptz,
  finalizing_at timestamptz,
  cancelling_at timestamptz,
  ended_at timestamptz,
  expires_at timestamptz not null,
  -- one process works on it until then; one that died lets go by the clock
  claimed_by text,
  claimed_until timestamptz,
  primary key (account_id, id)
);
create index stored_batches__open on stored_batches (created_at)
where status in ('validating', 'in_progress', 'finalizing', 'cancelling');
select tenant_table('stored_batches');

-- One call of a batch. Its request id and instant are given before it is made and stay when it is made again after a crash,
-- so that it is booked once. What was asked goes when it is answered.
create table stored_batch_lines (
  account_id text not null,
  batch_id text not null,
  place integer not null,
  custom_id text not null,
  state text not null default 'waiting' check (state in ('waiting', 'running', 'succeeded', 'errored', 'canceled', 'expired')),
  request_id text,
  started_at timestamptz,
  runs integer not null default 0,
  attempts integer not null default 0,
  not_before timestamptz not null,
  http_status integer,
  sealed_request text,
  sealed_answer text,
  primary key (account_id, batch_id, place),
  unique (account_id, batch_id, custom_id),
  foreign key (account_id, batch_id) references stored_batches (account_id, id) on delete cascade
);
create index stored_batch_lines__waiting on stored_batch_lines (account_id, batch_id, place) where state = 'waiting';
select tenant_table('stored_batch_lines');
