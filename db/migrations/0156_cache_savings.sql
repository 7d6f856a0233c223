-- What the cache saved: by rule and day in UTC, so that a page of rules shows it without reading the log.
create table cache_savings (
  account_id text not null references accounts on delete cascade,
  rule_id text not null,
  day date not null,
  hits bigint not null,
  similar_hits bigint not null,
  saved_micros bigint not null,
  primary key (account_id, rule_id, day)
);
select tenant_table('cache_savings');

-- Books a batch of one account: log, contents and sums, each record once however often it comes. Takes lines as the
-- gateway wrote them (packages/contract/src/usage-line.ts names their fields). Answers what the ledger and the keys are to
-- learn of those that were new: `settlements` [{hold_id, credits, calls, reference}], `used` {key id: instant}; and what the
-- cache is to learn: `saved` [{ruleId, day, hits, similarHits, savedMicros}].
create or replace function book_requests(p_account text, p_lines text) returns jsonb language plpgsql as $$
declare
  v_result jsonb;
begin
  with line as (
    select string_to_array(l, E'\t', '') as f from string_to_table(p_lines, E'\n') as l where l <> ''
  ), logged as (
    insert into requests (account_id, id, at, plan_id, key_id, user_id, service_account_id, team_id, org_id, model_id, model, factor,
      price_version, connection_id, dialect, operation, stream, status, http_status, error_code, error_message, input_tokens,
      cached_tokens, cache_write_tokens, output_tokens, reasoning_tokens, usage_source, cost_micros, credit_micros, ttft_ms,
      duration_ms, attempts, hold_id, trace)
    select p_account, f[16], to_timestamp(f[17]::bigint / 1000.0), f[2], f[3], f[4], f[5], f[6], f[7], f[8], line_text(f[9]),
      f[10]::numeric, f[11]::integer, f[12], f[13], f[14], f[15]::boolean, f[18], f[19]::integer, line_text(f[20]),
      line_text(f[21]), f[22]::bigint, f[23]::bigint, f[24]::bigint, f[25]::bigint, f[26]::bigint, f[27], f[28]::bigint,
      f[29]::bigint, f[30]::real, f[31]::real, f[32]::integer, f[34], f[36]::json
    from line
    on conflict do nothing
    returning id, at, model, key_id, user_id, team_id, org_id, connection_id, status, input_tokens, cached_tokens,
      cache_write_tokens, output_tokens, cost_micros, credit_micros, hold_id, trace
  ), kept as (
    insert into request_contents (account_id, request_id, request, response, truncated, at)
    select p_account, l.id, content ->> 'request', content ->> 'response', (content ->> 'truncated')::boolean, l.at
    from (select f[16] as id, f[37]::jsonb as content from line where f[37] is not null) as c join logged l using (id)
    on conflict do nothing
  ), sums as (
    select date_trunc('hour', at, 'UTC') as hour, model, key_id, user_id, team_id, org_id, connection_id, hold_id,
      count(*) as requests, count(*) filter (where status in ('error', 'denied')) as errors,
      sum(input_tokens + cached_tokens + cache_write_tokens) as input, sum(output_tokens) as output, sum(cost_micros) as cost,
      sum(credit_micros) as credits, max(at) as last, min(id) as reference
    from logged group by 1, 2, 3, 4, 5, 6, 7, 8
  ), summed as (
    insert into usage_rollups as old (account_id, hour, model, key_id, user_id, team_id, org_id, connection_id,
      requests, errors, input_tokens, output_tokens, cost_micros, credit_micros)
    select p_account, hour, model, key_id, coalesce(user_id, ''), coalesce(team_id, ''), coalesce(org_id, ''),
      coalesce(connection_id, ''), sum(requests), sum(errors), sum(input), sum(output), sum(cost), sum(credits)
    from sums group by 2, 3, 4, 5, 6, 7, 8 order by 2, 3, 4, 5, 6, 7, 8
    on conflict (account_id, hour, model, key_id, user_id, team_id, org_id, connection_id) do update set
      requests = old.requests + excluded.requests, errors = old.errors + excluded.errors,
      input_tokens = old.input_tokens + excluded.input_tokens, output_tokens = old.output_tokens + excluded.output_tokens,
      cost_micros = old.cost_micros + excluded.cost_micros, credit_micros = old.credit_micros + excluded.credit_micros
  )
  select jsonb_build_object(
    'count', (select coalesce(sum(requests), 0) from sums),
    'saved', (
      select coalesce(jsonb_agg(jsonb_build_object('ruleId', rule_id, 'day', day, 'hits', hits, 'similarHits', alike,
        'savedMicros', saved::text) order by rule_id, day), '[]')
      from (
        select cache ->> 'ruleId' as rule_id, (at at time zone 'UTC')::date as day, count(*) as hits,
          count(cache ->> 'similarity') as alike, sum((cache ->> 'savedMicros')::bigint)::bigint as saved
        -- in a text of somebody the quotes of the mark would be escaped
        from (select at, trace -> 'cache' as cache from logged where strpos(trace::text, '"cache":{') > 0) as hit
        where cache is not null group by 1, 2) as h),
    'used', (select coalesce(jsonb_object_agg(key_id, last), '{}') from (
      select key_id, floor(extract(epoch from max(last)) * 1000)::bigint as last from sums group by 1) as k),
    'settlements', (
      select coalesce(jsonb_agg(jsonb_build_object('hold_id', hold_id, 'credits', credits::text, 'calls', calls, 'reference', reference)
        order by hold_id), '[]')::text
      from (
        select hold_id, sum(credits)::bigint as credits, sum(requests) as calls, min(reference) as reference from sums
        where hold_id is not null or credits > 0 group by hold_id) as s))
  into v_result;
  return v_result;
end
$$;
