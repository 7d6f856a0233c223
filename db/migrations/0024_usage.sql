-- The log of calls, partitioned by day. A request id names its day, so (account, id, at) is unique across partitions.
create sequence requests_seq;
create table requests (
  account_id text not null references accounts on delete cascade,
  id text not null,
  at timestamptz not null,
  seq bigint not null default nextval('requests_seq'),
  status text not null,
  http_status integer not null,
  error_code text,
  error_message text,
  dialect text not null,
  operation text not null,
  stream boolean not null,
  model_id text,
  model text not null,
  connection_id text,
  key_id text not null,
  user_id text,
  service_account_id text,
  team_id text,
  org_id text,
  input_tokens bigint not null,
  cached_tokens bigint not null,
  cache_write_tokens bigint not null,
  output_tokens bigint not null,
  reasoning_tokens bigint not null,
  usage_source text not null,
  cost_micros bigint not null,
  credit_micros bigint not null,
  factor numeric(8, 4) not null,
  price_version integer,
  ttft_ms real,
  duration_ms real not null,
  attempts integer not null,
  plan_id text not null,
  trace jsonb not null,
  primary key (account_id, id, at)
) partition by range (at);
create index requests__at on requests (account_id, at desc, id desc);
create index requests__seq on requests (seq);
create index requests__key on requests (account_id, key_id, at desc);
select tenant_table('requests');
grant usage on sequence requests_seq to cockpit_app, cockpit_platform;
create table requests_other partition of requests default;
alter table requests_other enable row level security;
alter table requests_other force row level security;

-- Makes the daily partitions from `first` for `days` days; the default partition takes what falls outside.
create function ensure_request_partitions(first date, days integer) returns void language plpgsql security definer set search_path = public as $$
declare
  d date;
  part text;
begin
  for d in select first + i from generate_series(0, days - 1) as i loop
    part := 'requests_' || to_char(d, 'YYYYMMDD');
    if to_regclass(part) is null then
      execute format('create table %I partition of requests for values from (%L) to (%L)', part, d::timestamptz, (d + 1)::timestamptz);
      execute format('alter table %I enable row level security', part);
      execute format('alter table %I force row level security', part);
    end if;
  end loop;
end $$;
revoke all on function ensure_request_partitions from public;
grant execute on function ensure_request_partitions to cockpit_platform;

-- The constant part of decisions, once for many requests.
create table trace_plans (
  account_id text not null references accounts on delete cascade,
  id text not null,
  body jsonb not null,
  primary key (account_id, id)
);
select tenant_table('trace_plans');

create table request_contents (
  account_id text not null references accounts on delete cascade,
  request_id text not null,
  request text not null,
  response text not null,
  truncated boolean not null,
  at timestamptz not null,
  primary key (account_id, request_id)
);
select tenant_table('request_contents');

-- Sums by the hour, kept with the rows they sum in the same transaction.
create table usage_rollups (
  account_id text not null references accounts on delete cascade,
  hour timestamptz not null,
  model text not null,
  key_id text not null,
  user_id text not null default '',
  team_id text not null default '',
  org_id text not null default '',
  connection_id text not null default '',
  requests bigint not null,
  errors bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cost_micros bigint not null,
  credit_micros bigint not null,
  primary key (account_id, hour, model, key_id, user_id, team_id, org_id, connection_id)
);
select tenant_table('usage_rollups');

-- Usage that could not be booked, kept whole for a person to look at: it is never dropped.
create table rejected_usage (
  account_id text not null,
  id text not null,
  record jsonb not null,
  reason text not null,
  at timestamptz not null,
  primary key (account_id, id)
);
select tenant_table('rejected_usage');
