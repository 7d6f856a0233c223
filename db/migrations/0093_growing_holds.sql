-- Adds to a reservation that is still open, on its own path and in its own cycle, or leaves it as it is. `gone`: it ended,
-- its cycle is over or its path has changed, so whoever needs more must reserve anew.
create function budget_grow(p_account text, p_id text, p_more bigint, p_process text, p_now timestamptz) returns jsonb
language plpgsql as $$
declare
  v_hold holds;
  v_known integer;
  v_blocked text;
  v_figures jsonb;
begin
  select * into v_hold from holds where account_id = p_account and id = p_id;
  if not found then return jsonb_build_object('outcome', 'gone'); end if;
  -- the root of the cycle first, like everybody who moves its figures
  perform 1 from budget_balances
  where account_id = p_account and cycle_id = v_hold.cycle_id and node_id = v_hold.path[1] for update;
  perform 1 from holds h join budget_cycles c on c.account_id = h.account_id and c.id = h.cycle_id
  where h.account_id = p_account and h.id = p_id and h.state = 'held' and h.process_id = p_process and h.expires_at > p_now
    and c.state = 'open' and (c.ends_at is null or c.ends_at > p_now);
  if not found then return jsonb_build_object('outcome', 'gone'); end if;

  with step as (
    select p.ord, b.*
    from unnest(v_hold.path) with ordinality as p(node_id, ord)
    join budget_nodes n on n.account_id = p_account and n.id = p.node_id
      and n.parent_id is not distinct from v_hold.path[(p.ord - 1)::integer] and n.removed_at is null
    join budget_balances b on b.account_id = p_account and b.cycle_id = v_hold.cycle_id and b.node_id = p.node_id
  ), figure as (
    select ord, node_id, limit_micros, held, settled, least(
      limit_micros - held - settled,
      case when node_id = v_hold.funding_node_id then limit_micros - own_held - own_settled - carved - lapsed end
    ) as remaining
    from step
  ), verdict as (
    select (select node_id from figure where remaining < p_more order by ord limit 1) as blocked,
      -- who paid may have become a cap since
      (select node_id from step where mode = 'carve' order by ord desc limit 1) as funding
  )
  select count(*) filter (where funding = v_hold.funding_node_id), min(blocked),
    jsonb_agg(jsonb_build_object(
      'nodeId', node_id, 'limit', limit_micros::text, 'settled', settled::text,
      'held', (held + case when blocked is null then p_more else 0 end)::text,
      'remaining', greatest(0, remaining - case when blocked is null then p_more else 0 end)::text
    ) order by ord)
  into v_known, v_blocked, v_figures
  from figure cross join verdict;

  if v_known < cardinality(v_hold.path) then return jsonb_build_object('outcome', 'gone'); end if;
  if v_blocked is not null then
    return jsonb_build_object('outcome', 'denied', 'nodeId', v_blocked, 'figures', v_figures);
  end if;
  update holds set amount = amount + p_more where account_id = p_account and id = p_id;
  update budget_balances
  set held = held + p_more, own_held = own_held + case when node_id = v_hold.funding_node_id then p_more else 0 end
  where account_id = p_account and cycle_id = v_hold.cycle_id and node_id = any (v_hold.path);
  return jsonb_build_object('outcome', 'held', 'figures', v_figures);
end
$$;
