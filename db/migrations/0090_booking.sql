-- Booking a batch for less: its lines are split and not parsed, one statement logs, sums and answers what each hold and
-- lease owes, and the row of a request is itself the mark that it was booked.

-- What was reserved for a call, so that the ledger can be told by the rows that were new.
alter table requests add column hold_id text;
-- Written as it came and read whole: nothing looks into it.
alter table requests alter column trace type json using trace::json;

-- One lock on the account for a batch stands for a check of the key for each row; what the key removed, this removes.
alter table requests drop constraint requests_account_id_fkey;
create function requests_of_removed_accounts() returns trigger language plpgsql as $$
begin
  delete from requests where account_id in (select account_id from removed);
  return null;
end
$$;
create trigger accounts_remove_requests after delete on accounts
  referencing old table as removed for each statement execute function requests_of_removed_accounts();

drop function book_requests(text, jsonb);

-- The text of a field: with a backslash in it, it is written as JSON writes it.
create function line_text(p_field text) returns text language sql immutable parallel safe
  return case when strpos(p_field, '\') > 0 then (('"' || p_field || '"')::jsonb) #>> '{}' else p_field end;

-- Books a batch of one account: log, contents and sums, each record once however often it comes. Takes lines as the
-- gateway wrote them (packages/contract/src/usage-line.ts names their fields). Answers what the ledger and the keys are to
-- learn of those that were new: `settlements` [{hold_id, credits, calls, reference}], `used` {key id: instant}.
create function book_requests(p_account text, p_lines text) returns jsonb language plpgsql as $$
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
      cache_write_tokens, output_tokens, cost_micros, credit_micros, hold_id
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

-- Books what calls cost, summed by hold: {hold_id, credits, calls, reference}. Whoever asks knows that none of the calls was
-- booked before. What a hold covers moves from held to settled; the rest takes what is left or becomes overdraft. A hold
-- that already ended is still booked, to its own cycle; without a hold the pool pays.
create function budget_charge(p_account text, p_now timestamptz, p_transaction text, p_sums jsonb) returns jsonb language plpgsql as $$
declare
  v_root text;
  v_open text;
  v_result jsonb;
begin
  select id into v_root from budget_nodes where account_id = p_account and parent_id is null;
  loop
    select id into v_open from budget_cycles where account_id = p_account and state = 'open';
    perform 1 from budget_balances
    where account_id = p_account and node_id = v_root and cycle_id in (
      select h.cycle_id from holds h join jsonb_to_recordset(p_sums) as i(hold_id text) on h.id = i.hold_id where h.account_id = p_account
      union select v_open
    ) order by cycle_id for update;
    perform 1 from budget_cycles where account_id = p_account and id = v_open and state = 'open';
    exit when found;
  end loop;

  with spent as (
    select h.id as hold_id, coalesce(h.kind, 'lease') as kind, coalesce(h.path, array[v_root]) as path,
      -- what had ended may settle late, after its payer became a cap: then the nearest node that owns credits pays
      coalesce(case when h.state = 'held' then h.funding_node_id else (
        select b.node_id from unnest(h.path) with ordinality as p(node_id, ord)
        join budget_balances b on b.account_id = p_account and b.cycle_id = h.cycle_id and b.node_id = p.node_id
        where b.mode = 'carve' order by p.ord desc limit 1
      ) end, v_root) as funding, coalesce(h.cycle_id, v_open) as cycle_id,
      case when h.state = 'held' then h.amount - h.used else 0 end as open,
      sum(s.credits)::bigint as credits, sum(s.calls)::bigint as events, min(s.reference) as reference
    from jsonb_to_recordset(p_sums) as s(hold_id text, credits bigint, calls bigint, reference text)
    left join holds h on h.account_id = p_account and h.id = s.hold_id
    group by h.account_id, h.id
  ), charge as (
    select s.*, s.path[cardinality(s.path)] as payer, c.state = 'closed' as late, least(s.credits, s.open) as covered,
      case when s.kind = 'hold' then s.open else least(s.credits, s.open) end as released
    from spent s join budget_cycles c on c.account_id = p_account and c.id = s.cycle_id
  ), ended as (
    update holds h
    set used = h.used + c.covered, state = case when h.kind = 'hold' then 'settled' else h.state end,
      ended_at = case when h.kind = 'hold' then p_now end
    from charge c where h.account_id = p_account and h.id = c.hold_id and h.state = 'held'
  ), delta as (
    select c.cycle_id, n.node_id, sum(c.released)::bigint as released, sum(c.credits)::bigint as credits,
      coalesce(sum(c.released) filter (where n.node_id = c.funding), 0)::bigint as own_released,
      coalesce(sum(c.credits) filter (where n.node_id = c.funding), 0)::bigint as own_credits,
      -- a closed cycle has no use for what a hold did not need
      coalesce(sum(c.released - c.covered) filter (where n.node_id = c.funding and c.late), 0)::bigint as lapsed
    from charge c cross join lateral unnest(c.path) as n(node_id)
    group by 1, 2
  ), moved as (
    update budget_balances b
    set held = b.held - d.released, settled = b.settled + d.credits, own_held = b.own_held - d.own_released,
      own_settled = b.own_settled + d.own_credits, lapsed = b.lapsed + d.lapsed,
      overdraft = budget_overdraft(b.limit_micros, b.held - d.released + b.settled + d.credits,
        b.own_held - d.own_released + b.own_settled + d.own_credits + b.carved + b.lapsed + d.lapsed)
    from delta d
    where b.account_id = p_account and b.cycle_id = d.cycle_id and b.node_id = d.node_id
    returning b.node_id, b.cycle_id, b.limit_micros, b.settled, d.credits
  ), posted as (
    insert into ledger_entries (account_id, transaction_id, at, kind, book, payer_node_id, cycle_id, amount, reference)
    select p_account, p_transaction, p_now, kind, book, payer, cycle_id, sum(amount)::bigint,
      case when sum(events) = 1 then min(reference) else sum(events) || ' calls' end
    from (
      select 'settle' as kind, funding as book, payer, cycle_id, -credits as amount, events, reference from charge
      union all select 'settle', 'spent', null, cycle_id, credits, events, reference from charge
      union all select 'expire', funding, null, cycle_id, covered - released, 1, hold_id from charge where late
      union all select 'expire', 'expired', null, cycle_id, released - covered, 1, hold_id from charge where late
    ) as entry
    group by kind, book, payer, cycle_id having sum(amount) <> 0
  )
  select coalesce(jsonb_agg(jsonb_build_object('nodeId', m.node_id, 'cycleId', m.cycle_id, 'limit', m.limit_micros::text,
    'before', (m.settled - m.credits)::text, 'after', m.settled::text)), '[]')
  from moved m where m.cycle_id = v_open
  into v_result;
  return v_result;
end
$$;

-- Books usage events one by one, each id once.
create or replace function budget_settle(p_account text, p_now timestamptz, p_transaction text, p_items jsonb)
returns jsonb language plpgsql as $$
declare
  v_sums jsonb;
  v_outcomes jsonb;
begin
  with item as (
    select i.ord, i.item ->> 'event_id' as event_id, i.item ->> 'hold_id' as hold_id, i.item ->> 'hash' as hash,
      (i.item ->> 'credits')::bigint as credits, i.item ->> 'reference' as reference
    from jsonb_array_elements(p_items) with ordinality as i(item, ord)
  ), first as (
    select distinct on (event_id) * from item order by event_id, ord
  ), fresh as (
    insert into settled_requests (account_id, event_id, hold_id, credits, payload_hash, transaction_id, at)
    select p_account, event_id, hold_id, credits, hash, p_transaction, p_now from first
    on conflict do nothing
    returning event_id
  )
  select (
      select jsonb_agg(case
        when f.ord = i.ord and fresh.event_id is not null then 'settled'
        when coalesce(r.payload_hash, f.hash) = i.hash then 'duplicate'
        else 'conflict' end order by i.ord)
      from item i join first f using (event_id) left join fresh using (event_id)
      left join settled_requests r on r.account_id = p_account and r.event_id = i.event_id),
    (select coalesce(jsonb_agg(s), '[]') from (
      select hold_id, sum(credits)::text as credits, count(*) as calls, min(reference) as reference
      from fresh join first using (event_id) group by hold_id) as s)
  into v_outcomes, v_sums;
  return jsonb_build_object('outcomes', v_outcomes,
    'moved', case when v_sums = '[]' then '[]' else budget_charge(p_account, p_now, p_transaction, v_sums) end);
end
$$;
