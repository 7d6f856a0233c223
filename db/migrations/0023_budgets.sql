-- Budgets: credits granted to an account, divided over a tree of allocations, held before a call and settled after it.
-- All amounts are micro-credits. Figures live per node and cycle; the ledger can rebuild them.
create table budget_plans (
  account_id text not null references accounts on delete cascade,
  id text not null,
  name text not null,
  cadence text not null check (cadence in ('monthly', 'quarterly', 'yearly', 'manual')),
  rollover_mode text not null check (rollover_mode in ('none', 'remaining')),
  rollover_cap bigint check (rollover_cap >= 0),
  allow_pool_draw boolean not null,
  created_at timestamptz not null,
  primary key (account_id, id)
);
create unique index budget_plans__one on budget_plans (account_id);
select tenant_table('budget_plans');

create table budget_cycles (
  account_id text not null references accounts on delete cascade,
  id text not null,
  plan_id text not null,
  starts_at timestamptz not null,
  ends_at timestamptz check (ends_at >= starts_at),
  state text not null check (state in ('open', 'closed')),
  primary key (account_id, id),
  foreign key (account_id, plan_id) references budget_plans (account_id, id) on delete cascade
);
create unique index budget_cycles__start on budget_cycles (account_id, plan_id, starts_at);
create unique index budget_cycles__open on budget_cycles (account_id) where state = 'open';
create index budget_cycles__due on budget_cycles (ends_at) where state = 'open';
select tenant_table('budget_cycles');

create table budget_grants (
  account_id text not null references accounts on delete cascade,
  id text not null,
  amount bigint not null check (amount > 0),
  recurrence text not null check (recurrence in ('cycle', 'once')),
  -- of a grant given once: what was not spent when the last cycle closed
  remaining bigint not null check (remaining between 0 and amount),
  note text,
  expires_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null,
  created_by text not null,
  primary key (account_id, id)
);
create index budget_grants__expiry on budget_grants (expires_at) where recurrence = 'once' and remaining > 0;
select tenant_table('budget_grants');

-- The definition of an allocation, valid in every cycle until removed. The root is the pool of the account.
create table budget_nodes (
  account_id text not null references accounts on delete cascade,
  id text not null,
  parent_id text,
  scope_type text not null check (scope_type in ('account', 'org', 'team', 'user')),
  scope_id text not null,
  mode text not null check (mode in ('carve', 'cap')),
  source text not null check (source in ('manual', 'equal', 'override')),
  limit_micros bigint not null check (limit_micros >= 0),
  created_at timestamptz not null,
  removed_at timestamptz,
  primary key (account_id, id),
  foreign key (account_id, parent_id) references budget_nodes (account_id, id) on delete cascade,
  check ((parent_id is null) = (scope_type = 'account')),
  check (parent_id is not null or mode = 'carve')
);
create unique index budget_nodes__scope on budget_nodes (account_id, scope_type, scope_id) where removed_at is null;
create index budget_nodes__parent on budget_nodes (account_id, parent_id);
select tenant_table('budget_nodes');

-- held and settled count the node and everything under it; own_* count what the node itself funds, as does lapsed: the
-- part that expired or rolled over when the cycle closed. The checks are the last line of defence: no code below or
-- above can spend what is not there without saying so in overdraft.
create table budget_balances (
  account_id text not null references accounts on delete cascade,
  cycle_id text not null,
  node_id text not null,
  mode text not null check (mode in ('carve', 'cap')),
  limit_micros bigint not null check (limit_micros >= 0),
  carved bigint not null default 0 check (carved >= 0),
  held bigint not null default 0 check (held >= 0),
  settled bigint not null default 0 check (settled >= 0),
  own_held bigint not null default 0 check (own_held >= 0),
  own_settled bigint not null default 0 check (own_settled >= 0),
  lapsed bigint not null default 0 check (lapsed >= 0),
  overdraft bigint not null default 0 check (overdraft >= 0),
  primary key (account_id, cycle_id, node_id),
  foreign key (account_id, cycle_id) references budget_cycles (account_id, id) on delete cascade,
  foreign key (account_id, node_id) references budget_nodes (account_id, id) on delete cascade,
  constraint within_limit check (held + settled <= limit_micros + overdraft),
  constraint within_own_part check (own_held + own_settled + carved + lapsed <= limit_micros + overdraft),
  constraint caps_own_nothing check (mode = 'carve' or own_held + own_settled + carved + lapsed = 0)
) with (fillfactor = 50);
select tenant_table('budget_balances');

-- Credits reserved for one request (hold) or in bulk for one gateway process (lease).
create table holds (
  account_id text not null references accounts on delete cascade,
  id text not null,
  kind text not null check (kind in ('hold', 'lease')),
  path text[] not null,
  funding_node_id text not null,
  cycle_id text not null,
  process_id text not null,
  amount bigint not null check (amount > 0),
  used bigint not null default 0 check (used between 0 and amount),
  state text not null default 'held' check (state in ('held', 'settled', 'void', 'expired', 'returned')),
  expires_at timestamptz not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (account_id, id),
  foreign key (account_id, cycle_id) references budget_cycles (account_id, id) on delete cascade,
  check ((state = 'held') = (ended_at is null))
);
create index holds__open on holds (expires_at) where state = 'held';
select tenant_table('holds');

-- Double entry, append-only. `book` is issued, spent, expired or the id of a node that owns credits.
create table ledger_entries (
  account_id text not null references accounts on delete cascade,
  seq bigint not null generated always as identity,
  transaction_id text not null,
  at timestamptz not null,
  kind text not null check (kind in ('grant', 'revoke', 'lapse', 'carve', 'uncarve', 'settle', 'expire', 'rollover')),
  book text not null,
  payer_node_id text,
  cycle_id text not null,
  amount bigint not null check (amount <> 0),
  reference text,
  primary key (account_id, seq)
);
create index ledger_entries__transaction on ledger_entries (account_id, transaction_id, seq);
create index ledger_entries__book on ledger_entries (account_id, book, seq);
create index ledger_entries__cycle on ledger_entries (account_id, cycle_id) where kind <> 'settle';
select tenant_table('ledger_entries');
revoke update, delete on ledger_entries from cockpit_app, cockpit_platform;

create function ledger_balances() returns trigger language plpgsql as $$
begin
  -- the last entry speaks for the whole transaction, so a long one is summed once
  if exists (select 1 from ledger_entries e where e.account_id = new.account_id and e.transaction_id = new.transaction_id and e.seq > new.seq) then
    return null;
  end if;
  if (select sum(amount) from ledger_entries e where e.account_id = new.account_id and e.transaction_id = new.transaction_id) <> 0 then
    raise exception 'ledger transaction % does not sum to zero', new.transaction_id using errcode = 'check_violation';
  end if;
  return null;
end
$$;
create constraint trigger ledger_entries_sum_to_zero after insert on ledger_entries
  deferrable initially deferred for each row execute function ledger_balances();

-- Every usage event that was booked, so that it is booked once.
create table settled_requests (
  account_id text not null references accounts on delete cascade,
  event_id text not null,
  hold_id text,
  credits bigint not null check (credits >= 0),
  payload_hash text not null,
  transaction_id text not null,
  at timestamptz not null,
  primary key (account_id, event_id)
);
select tenant_table('settled_requests');
revoke update, delete on settled_requests from cockpit_app, cockpit_platform;

create table budget_alerts (
  account_id text not null references accounts on delete cascade,
  id text not null,
  node_id text not null,
  cycle_id text not null,
  threshold integer not null,
  settled bigint not null,
  limit_micros bigint not null,
  at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, cycle_id, node_id) references budget_balances (account_id, cycle_id, node_id) on delete cascade
);
create unique index budget_alerts__edge on budget_alerts (account_id, node_id, cycle_id, threshold);
select tenant_table('budget_alerts');

-- The functions below share one rule: whoever changes a balance first locks the row of the root in that cycle. Every
-- path starts at the root, so this row is the mutex of the cycle and nothing can deadlock behind it.

-- By how much a node is beyond its limit, by what its subtree uses and by what its own part gave away. Derived from the
-- other figures, so the order of events cannot change it.
create function budget_overdraft(p_limit bigint, p_subtree bigint, p_own bigint) returns bigint language sql immutable as $$
  select greatest(0, p_subtree - p_limit, p_own - p_limit)
$$;

-- Holds `p_amount` on every node of the path (root first), or on none. The nearest carve node above the payer funds it.
create function budget_reserve(
  p_account text, p_id text, p_kind text, p_path text[], p_amount bigint, p_process text, p_now timestamptz, p_expires timestamptz
) returns jsonb language plpgsql as $$
declare
  v_cycle text;
  v_end timestamptz;
  v_funding text;
  v_blocked text;
  v_known integer;
  v_figures jsonb;
begin
  select id, ends_at into v_cycle, v_end from budget_cycles
  where account_id = p_account and state = 'open' and (ends_at is null or ends_at > p_now);
  if not found then return jsonb_build_object('outcome', 'cycle_over'); end if;
  perform 1 from budget_balances where account_id = p_account and cycle_id = v_cycle and node_id = p_path[1] for update;
  -- the cycle may have been closed while this waited for its root
  perform 1 from budget_cycles where account_id = p_account and id = v_cycle and state = 'open';
  if not found then return jsonb_build_object('outcome', 'cycle_over'); end if;
  if exists (select 1 from holds where account_id = p_account and id = p_id) then
    return jsonb_build_object('outcome', 'duplicate');
  end if;

  with step as (
    select p.ord, b.*
    from unnest(p_path) with ordinality as p(node_id, ord)
    join budget_nodes n on n.account_id = p_account and n.id = p.node_id
      and n.parent_id is not distinct from p_path[(p.ord - 1)::integer] and n.removed_at is null
    join budget_balances b on b.account_id = p_account and b.cycle_id = v_cycle and b.node_id = p.node_id
  ), funding as (
    select node_id from step where mode = 'carve' order by ord desc limit 1
  ), figure as (
    select s.ord, s.node_id, s.limit_micros, s.held, s.settled,
      least(
        s.limit_micros - s.held - s.settled,
        case when s.node_id = f.node_id then s.limit_micros - s.own_held - s.own_settled - s.carved - s.lapsed end
      ) as remaining
    from step s cross join funding f
  ), verdict as (
    select (select node_id from figure where remaining < p_amount order by ord limit 1) as blocked
  )
  select count(*), (select node_id from funding), (select blocked from verdict),
    jsonb_agg(jsonb_build_object(
      'nodeId', node_id, 'limit', limit_micros::text, 'settled', settled::text,
      'held', (held + case when blocked is null then p_amount else 0 end)::text,
      'remaining', greatest(0, remaining - case when blocked is null then p_amount else 0 end)::text
    ) order by ord)
  into v_known, v_funding, v_blocked, v_figures
  from figure cross join verdict;

  -- a path with a node that was removed meanwhile is refused at that place
  if v_known < cardinality(p_path) then
    return jsonb_build_object('outcome', 'denied', 'figures', coalesce(v_figures, '[]'), 'nodeId', (
      select p.node_id from unnest(p_path) with ordinality as p(node_id, ord)
      where not coalesce(v_figures, '[]') @> jsonb_build_array(jsonb_build_object('nodeId', p.node_id)) order by p.ord limit 1));
  end if;
  if v_blocked is not null then
    return jsonb_build_object('outcome', 'denied', 'nodeId', v_blocked, 'figures', v_figures);
  end if;

  -- a lease admits calls, so it ends with its cycle; a hold waits for the one call it was made for
  if p_kind = 'lease' then p_expires := least(p_expires, v_end); end if;
  insert into holds (account_id, id, kind, path, funding_node_id, cycle_id, process_id, amount, expires_at, created_at)
  values (p_account, p_id, p_kind, p_path, v_funding, v_cycle, p_process, p_amount, p_expires, p_now);
  update budget_balances set held = held + p_amount, own_held = own_held + case when node_id = v_funding then p_amount else 0 end
  where account_id = p_account and cycle_id = v_cycle and node_id = any (p_path);
  return jsonb_build_object('outcome', 'held', 'figures', v_figures, 'expiresAt', (extract(epoch from p_expires) * 1000)::bigint);
end
$$;

-- Books usage events, each id once. What a hold covers moves from held to settled; the rest takes what is left or
-- becomes overdraft. A hold that already ended is still booked, to its own cycle; without a hold the pool pays.
create function budget_settle(p_account text, p_now timestamptz, p_transaction text, p_items jsonb) returns jsonb language plpgsql as $$
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
      select h.cycle_id from holds h join jsonb_to_recordset(p_items) as i(hold_id text) on h.id = i.hold_id where h.account_id = p_account
      union select v_open
    ) order by cycle_id for update;
    perform 1 from budget_cycles where account_id = p_account and id = v_open and state = 'open';
    exit when found;
  end loop;

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
  ), spent as (
    select h.id as hold_id, coalesce(h.kind, 'lease') as kind, coalesce(h.path, array[v_root]) as path,
      -- what had ended may settle late, after its payer became a cap: then the nearest node that owns credits pays
      coalesce(case when h.state = 'held' then h.funding_node_id else (
        select b.node_id from unnest(h.path) with ordinality as p(node_id, ord)
        join budget_balances b on b.account_id = p_account and b.cycle_id = h.cycle_id and b.node_id = p.node_id
        where b.mode = 'carve' order by p.ord desc limit 1
      ) end, v_root) as funding, coalesce(h.cycle_id, v_open) as cycle_id,
      case when h.state = 'held' then h.amount - h.used else 0 end as open,
      sum(f.credits)::bigint as credits, count(*) as events, min(f.reference) as reference
    from fresh join first f using (event_id) left join holds h on h.account_id = p_account and h.id = f.hold_id
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
  select jsonb_build_object(
    'outcomes', (
      select jsonb_agg(case
        when f.ord = i.ord and fresh.event_id is not null then 'settled'
        when coalesce(r.payload_hash, f.hash) = i.hash then 'duplicate'
        else 'conflict' end order by i.ord)
      from item i join first f using (event_id) left join fresh using (event_id)
      left join settled_requests r on r.account_id = p_account and r.event_id = i.event_id),
    'moved', (
      select coalesce(jsonb_agg(jsonb_build_object('nodeId', m.node_id, 'cycleId', m.cycle_id, 'limit', m.limit_micros::text,
        'before', (m.settled - m.credits)::text, 'after', m.settled::text)), '[]')
      from moved m where m.cycle_id = v_open))
  into v_result;
  return v_result;
end
$$;

-- Gives back what open holds and leases did not use. With `p_holds_until` and `p_leases_until` it ends those only that
-- expired by then, so a lease renewed meanwhile is left alone. Returns the ids that ended.
create function budget_release(
  p_account text, p_now timestamptz, p_transaction text, p_ids text[],
  p_holds_until timestamptz default null, p_leases_until timestamptz default null
) returns text[] language plpgsql as $$
declare
  v_root text;
  v_ended text[];
begin
  select id into v_root from budget_nodes where account_id = p_account and parent_id is null;
  perform 1 from budget_balances
  where account_id = p_account and node_id = v_root
    and cycle_id in (select cycle_id from holds where account_id = p_account and id = any (p_ids))
  order by cycle_id for update;

  with ended as (
    update holds set ended_at = p_now, state = case
      when p_holds_until is not null then 'expired' when kind = 'hold' then 'void' else 'returned' end
    where account_id = p_account and id = any (p_ids) and state = 'held'
      and (p_holds_until is null or expires_at <= case when kind = 'hold' then p_holds_until else p_leases_until end)
    returning id, path, funding_node_id, cycle_id, amount - used as rest
  ), freed as (
    select e.*, c.state = 'closed' as late from ended e join budget_cycles c on c.account_id = p_account and c.id = e.cycle_id
  ), delta as (
    select f.cycle_id, n.node_id, sum(f.rest)::bigint as rest,
      coalesce(sum(f.rest) filter (where n.node_id = f.funding_node_id), 0)::bigint as own,
      coalesce(sum(f.rest) filter (where n.node_id = f.funding_node_id and f.late), 0)::bigint as lapsed
    from freed f cross join lateral unnest(f.path) as n(node_id)
    group by 1, 2
  ), moved as (
    update budget_balances b
    set held = b.held - d.rest, own_held = b.own_held - d.own, lapsed = b.lapsed + d.lapsed,
      overdraft = budget_overdraft(b.limit_micros, b.held - d.rest + b.settled,
        b.own_held - d.own + b.own_settled + b.carved + b.lapsed + d.lapsed)
    from delta d
    where b.account_id = p_account and b.cycle_id = d.cycle_id and b.node_id = d.node_id
  ), posted as (
    insert into ledger_entries (account_id, transaction_id, at, kind, book, cycle_id, amount, reference)
    select p_account, p_transaction, p_now, 'expire', book, cycle_id, sum(amount)::bigint, min(id)
    from (
      select funding_node_id as book, cycle_id, -rest as amount, id from freed where late
      union all select 'expired', cycle_id, rest, id from freed where late
    ) as entry
    group by book, cycle_id having sum(amount) <> 0
  )
  select coalesce(array_agg(id), '{}') into v_ended from ended;
  return v_ended;
end
$$;
