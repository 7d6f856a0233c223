-- What all gateway processes together have left of rates, and who of them has which places of calls at once. A process
-- takes some of a window for itself and gives back what it does not use; one that dies loses it until the window refills.
create table rate_windows (
  name text primary key,
  level double precision not null,
  at timestamptz not null
);
create table rate_places (
  name text not null,
  process_id text not null,
  held integer not null,
  expires_at timestamptz not null,
  primary key (name, process_id)
);
create table rate_processes (
  process_id text primary key,
  seen_at timestamptz not null
);
do $$
declare
  t text;
begin
  foreach t in array array['rate_windows', 'rate_places', 'rate_processes'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy platform on %I to cockpit_platform using (true) with check (true)', t);
    execute format('grant select, insert, update, delete on %I to cockpit_platform', t);
  end loop;
end
$$;

-- A window of a minute: refills it, books what comes back (less than nothing is a debt), gives what is asked for as far as
-- there is any, and nothing where that is less than would be of use.
create function lease_rate(p_name text, p_limit double precision, p_back double precision, p_want double precision, p_least double precision, p_at timestamptz)
returns table (granted double precision, remaining double precision) language plpgsql as $$
declare
  v_level double precision;
begin
  insert into rate_windows as w (name, level, at) values (p_name, p_limit, p_at)
  on conflict (name) do update set
    level = least(p_limit, w.level + greatest(0, extract(epoch from p_at - w.at)) * p_limit / 60), at = greatest(w.at, p_at)
  returning w.level into v_level;
  v_level := v_level + p_back;
  granted := least(p_want, floor(greatest(0, v_level)));
  if granted < p_least then granted := 0; end if;
  remaining := least(p_limit, v_level - granted);
  update rate_windows as w set level = remaining where w.name = p_name;
  return next;
end
$$;

-- Places of calls at once: all that a process has or wants, of which it never gets less than it uses.
create function lease_places(p_name text, p_limit integer, p_process text, p_used integer, p_want integer, p_ttl interval, p_at timestamptz)
returns table (granted double precision, remaining double precision) language plpgsql as $$
declare
  v_others bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('rate_places:' || p_name, 0));
  delete from rate_places where name = p_name and expires_at < p_at;
  select coalesce(sum(held), 0) into v_others from rate_places where name = p_name and process_id <> p_process;
  granted := greatest(p_used, least(p_want, p_limit - v_others));
  remaining := greatest(0, p_limit - v_others - granted);
  if granted > 0 then
    insert into rate_places (name, process_id, held, expires_at) values (p_name, p_process, granted, p_at + p_ttl)
    on conflict (name, process_id) do update set held = excluded.held, expires_at = excluded.expires_at;
  else
    delete from rate_places where name = p_name and process_id = p_process;
  end if;
  return next;
end
$$;
