-- What one run, session or agent may use all together, as part of a limit: {credits, tokens, calls, seconds}.
alter table limits
  add column per_run jsonb,
  add column per_session jsonb,
  add column per_agent jsonb;

-- What runs, sessions and agents have used or reserved. A run and a session belong to a person or a service account, an
-- agent to the account, counted by the day.
create table work_counts (
  account_id text not null references accounts on delete cascade,
  id text not null,
  kind text not null check (kind in ('run', 'session', 'agent')),
  -- Empty for an agent.
  owner_id text not null,
  name text not null,
  -- The day of an agent, UTC; empty else.
  period text not null,
  credits bigint not null default 0,
  tokens bigint not null default 0,
  calls bigint not null default 0,
  since timestamptz not null,
  seen_at timestamptz not null,
  primary key (account_id, kind, owner_id, name, period),
  unique (account_id, id)
);
create index work_counts__seen on work_counts (account_id, seen_at);
select tenant_table('work_counts');

-- What a call has reserved of them and not settled yet, so that it is settled once however often it is tried.
create table work_holds (
  account_id text not null,
  call_id text not null,
  kind text not null,
  owner_id text not null,
  name text not null,
  period text not null,
  credits bigint not null,
  tokens bigint not null,
  primary key (account_id, call_id, kind),
  foreign key (account_id, kind, owner_id, name, period) references work_counts on delete cascade
);
create index work_holds__counts on work_holds (account_id, kind, owner_id, name, period);
select tenant_table('work_holds');

-- Reserves for a call in all that it is part of, or in nothing where one has no room. `short` says what is missing.
create function take_work(p_account text, p_call text, p_asks jsonb, p_credits bigint, p_tokens bigint, p_at timestamptz)
returns table (kind text, credits bigint, tokens bigint, calls bigint, since timestamptz, short text) language plpgsql as $$
#variable_conflict use_column
declare
  ask record;
  w work_counts;
  refused boolean := false;
begin
  -- in one order, so that two calls never wait for each other
  for ask in
    select * from jsonb_to_recordset(p_asks) as r(kind text, id text, owner text, name text, period text,
      max_credits bigint, max_tokens bigint, max_calls bigint, max_seconds bigint) order by r.kind
  loop
    insert into work_counts as c (account_id, id, kind, owner_id, name, period, since, seen_at)
    values (p_account, ask.id, ask.kind, ask.owner, ask.name, ask.period, p_at, p_at)
    on conflict (account_id, kind, owner_id, name, period) do update set seen_at = greatest(c.seen_at, p_at)
    returning c.* into w;
    kind := ask.kind; credits := w.credits; tokens := w.tokens; calls := w.calls; since := w.since;
    short := case
      when w.calls + 1 > ask.max_calls then 'calls'
      when p_at >= w.since + make_interval(secs => ask.max_seconds) then 'seconds'
      when w.tokens + p_tokens > ask.max_tokens then 'tokens'
      when w.credits + p_credits > ask.max_credits then 'credits'
    end;
    refused := refused or short is not null;
    return next;
  end loop;
  if refused then return; end if;
  insert into work_holds (account_id, call_id, kind, owner_id, name, period, credits, tokens)
  select p_account, p_call, r.kind, r.owner, r.name, r.period, p_credits, p_tokens
  from jsonb_to_recordset(p_asks) as r(kind text, owner text, name text, period text);
  update work_counts c set credits = c.credits + p_credits, tokens = c.tokens + p_tokens, calls = c.calls + 1
  from work_holds h
  where h.account_id = p_account and h.call_id = p_call
    and (c.account_id, c.kind, c.owner_id, c.name, c.period) = (h.account_id, h.kind, h.owner_id, h.name, h.period);
end
$$;

-- What the call has used instead of what was reserved for it.
create function settle_work(p_account text, p_call text, p_credits bigint, p_tokens bigint, p_calls bigint)
returns void language sql as $$
  with ended as (
    delete from work_holds where account_id = p_account and call_id = p_call returning *
  )
  update work_counts c
  set credits = c.credits + p_credits - h.credits, tokens = c.tokens + p_tokens - h.tokens, calls = c.calls + p_calls - 1
  from ended h
  where (c.account_id, c.kind, c.owner_id, c.name, c.period) = (h.account_id, h.kind, h.owner_id, h.name, h.period)
$$;
