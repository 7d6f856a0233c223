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

-- Books a batch of one account: log, contents and sums, each record once however often it comes. Takes records as the
-- gateway wrote them, so that they are parsed here and nowhere before. Answers what the ledger and the keys are to learn
-- of those that were new: `settlements` [{event_id, hold_id, credits, hash, reference}], `used` {key id: instant}.
create function book_requests(p_account text, p_records jsonb) returns jsonb language plpgsql as $$
declare
  v_result jsonb;
begin
  with given as (
    select distinct on (r.id) r.*, to_timestamp(r."at" / 1000.0) as arrived
    from jsonb_to_recordset(p_records) as r(
      id text, "at" bigint, status text, "httpStatus" integer, "errorCode" text, "errorMessage" text, dialect text, operation text,
      stream boolean, "modelId" text, model text, "connectionId" text, "keyId" text, "userId" text, "serviceAccountId" text,
      "teamId" text, "orgId" text, tokens jsonb, "costMicros" bigint, "creditMicros" bigint, factor numeric, "priceVersion" integer,
      "ttftMs" real, "durationMs" real, attempts integer, "planId" text, hold jsonb, steps jsonb, spans jsonb, figures jsonb,
      "droppedFields" jsonb, content jsonb)
  ), counted as (
    select g.*, t.input, t."cachedInput", t."cacheWrite", t.output, t.reasoning, t.source
    from given g cross join lateral jsonb_to_record(g.tokens) as t(
      input bigint, "cachedInput" bigint, "cacheWrite" bigint, output bigint, reasoning bigint, source text)
  ), logged as (
    insert into requests (account_id, id, at, status, http_status, error_code, error_message, dialect, operation, stream, model_id, model,
      connection_id, key_id, user_id, service_account_id, team_id, org_id, input_tokens, cached_tokens, cache_write_tokens, output_tokens,
      reasoning_tokens, usage_source, cost_micros, credit_micros, factor, price_version, ttft_ms, duration_ms, attempts, plan_id, trace)
    select p_account, id, arrived, status, "httpStatus", "errorCode", "errorMessage", dialect, operation, stream, "modelId", model,
      "connectionId", "keyId", "userId", "serviceAccountId", "teamId", "orgId", input, "cachedInput", "cacheWrite", output,
      reasoning, source, "costMicros", "creditMicros", factor, "priceVersion", "ttftMs", "durationMs", attempts, "planId",
      jsonb_build_object('steps', steps, 'spans', spans, 'figures', figures, 'droppedFields', "droppedFields")
    from counted
    on conflict do nothing
    returning id
  ), fresh as (
    select c.* from counted c join logged using (id)
  ), kept as (
    insert into request_contents (account_id, request_id, request, response, truncated, at)
    select p_account, id, content ->> 'request', content ->> 'response', (content ->> 'truncated')::boolean, arrived
    from fresh where jsonb_typeof(content) = 'object'
    on conflict do nothing
  ), summed as (
    insert into usage_rollups as old (account_id, hour, model, key_id, user_id, team_id, org_id, connection_id,
      requests, errors, input_tokens, output_tokens, cost_micros, credit_micros)
    select p_account, date_trunc('hour', arrived, 'UTC'), model, "keyId", coalesce("userId", ''), coalesce("teamId", ''),
      coalesce("orgId", ''), coalesce("connectionId", ''), count(*), count(*) filter (where status in ('error', 'denied')),
      sum(input + "cachedInput" + "cacheWrite"), sum(output), sum("costMicros"), sum("creditMicros")
    from fresh group by 2, 3, 4, 5, 6, 7, 8 order by 2, 3, 4, 5, 6, 7, 8
    on conflict (account_id, hour, model, key_id, user_id, team_id, org_id, connection_id) do update set
      requests = old.requests + excluded.requests, errors = old.errors + excluded.errors,
      input_tokens = old.input_tokens + excluded.input_tokens, output_tokens = old.output_tokens + excluded.output_tokens,
      cost_micros = old.cost_micros + excluded.cost_micros, credit_micros = old.credit_micros + excluded.credit_micros
  )
  select jsonb_build_object(
    'count', (select count(*) from fresh),
    'used', (select coalesce(jsonb_object_agg("keyId", last), '{}') from (select "keyId", max("at") as last from fresh group by 1) as k),
    'settlements', (
      select coalesce(jsonb_agg(jsonb_build_object('event_id', id, 'hold_id', hold ->> 'id', 'credits', "creditMicros"::text,
        'hash', encode(sha256(convert_to(concat_ws('|', id, "at", "creditMicros", "keyId", model), 'UTF8')), 'hex'), 'reference', id)
        order by "at", id), '[]')::text
      from fresh where jsonb_typeof(hold) = 'object' or "creditMicros" > 0))
  into v_result;
  return v_result;
end
$$;
