-- What proves the chains and bounds them: signed checkpoints, retention, legal holds; and how a million events are searched.

-- The public halves of the keys that signed; a process that does not sign shows them from here. Platform work only.
create table audit_keys (
  id text primary key,
  public_key text not null,
  created_at timestamptz not null
);
alter table audit_keys enable row level security;
alter table audit_keys force row level security;
create policy platform on audit_keys to cockpit_platform using (true) with check (true);
grant select, insert on audit_keys to cockpit_platform;

-- No foreign keys here and below: proof, retention and holds outlive the account, like the events they are about.
create table audit_checkpoints (
  account_id text not null,
  kind text not null check (kind in ('checkpoint', 'anchor')),
  seq bigint not null,
  hash text not null,
  at timestamptz not null,
  key_id text not null,
  signature text not null,
  -- null until it stands in a file outside the database
  exported_at timestamptz,
  primary key (account_id, seq, kind)
);
create index audit_checkpoints__unexported on audit_checkpoints (at) where exported_at is null;
select tenant_table('audit_checkpoints');
revoke insert, update, delete on audit_checkpoints from cockpit_app, cockpit_platform;
grant insert, update (exported_at) on audit_checkpoints to cockpit_platform;

create table audit_retention (
  account_id text not null primary key,
  days integer check (days >= 30),
  updated_at timestamptz not null
);
select tenant_table('audit_retention');

create table audit_holds (
  account_id text not null,
  id text not null,
  reason text not null,
  -- what the platform holds, an account does not release
  by_platform boolean not null,
  created_by text not null,
  created_at timestamptz not null,
  released_at timestamptz,
  primary key (account_id, id)
);
select tenant_table('audit_holds');
revoke delete on audit_holds from cockpit_app, cockpit_platform;

-- The only way an event ever leaves: everything up to a signed anchor that the events themselves confirm, and never
-- under a hold. Runs as the owner, because nobody else may delete events; the platform alone may call it.
create function prune_events(target text, through bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  removed bigint;
begin
  if exists (select from audit_holds where account_id = target and released_at is null) then
    raise exception 'a legal hold keeps the events of %', target;
  end if;
  if not exists (
    select from audit_checkpoints c join events e on e.account_id = c.account_id and e.chain_seq = c.seq and e.hash = c.hash
    where c.account_id = target and c.kind = 'anchor' and c.seq = through
  ) then
    raise exception 'no signed anchor covers the events of % up to %', target, through;
  end if;
  delete from events where account_id = target and chain_seq <= through;
  get diagnostics removed = row_count;
  update audit_chains set pruned_seq = greatest(pruned_seq, through) where account_id = target;
  return removed;
end
$$;
revoke execute on function prune_events from public;
grant execute on function prune_events to cockpit_platform;

-- Every word of an event. Whatever is neither letter nor digit parts words, so that the halves of `key.created` are found.
create function event_words(name text, actor jsonb, subject jsonb, on_behalf_of jsonb, before jsonb, after jsonb, reason text, ip text)
returns tsvector language sql immutable parallel safe as $$
  select to_tsvector('simple', regexp_replace(concat_ws(' ', name, actor ->> 'name', actor ->> 'id', subject ->> 'type',
    subject ->> 'name', subject ->> 'id', on_behalf_of ->> 'name', on_behalf_of ->> 'id', reason, ip,
    left(before::text, 20000), left(after::text, 20000)), '[^[:alnum:]]+', ' ', 'g'))
$$;
-- The same words, or their beginnings, as a question; null, which finds nothing, when there are none.
create function event_query(text) returns tsquery language sql immutable parallel safe as $$
  select to_tsquery('simple', string_agg(quote_literal(word) || ':*', ' & '))
  from unnest(string_to_array(regexp_replace($1, '[^[:alnum:]]+', ' ', 'g'), ' ')) as word where word <> ''
$$;
alter table events add column words tsvector
  generated always as (event_words(name, actor, subject, on_behalf_of, before, after, reason, ip)) stored;
create index events__words on events using gin (words);
create index events__denied on events (account_id, id desc) where outcome = 'denied';
create index events__session on events (account_id, session_id, id desc) where session_id is not null;
create index events__account_at on events (account_id, at desc, id desc);
