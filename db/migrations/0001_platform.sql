-- The ground every later migration stands on: who runs queries, what keeps tenants apart, and the story of all changes.

-- Nobody logs in as these; a transaction takes one of them for its length. Neither owns a table nor bypasses row-level
-- security. Roles belong to the cluster, so another database of the same server may have made them already.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['cockpit_app', 'cockpit_platform'] loop
    begin
      execute format('create role %I nologin', wanted);
    exception
      when duplicate_object or unique_violation then null;
    end;
    if not pg_has_role(current_user, wanted, 'usage') then
      execute format('grant %I to %I', wanted, current_user);
    end if;
    execute format('grant usage on schema public to %I', wanted);
  end loop;
end
$$;

-- Puts a table that has a column account_id under row-level security. Every tenant table calls it right after `create`.
-- After a transaction the setting is '' and not null: nullif keeps "no account" from matching anything.
create function tenant_table(target regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format(
    'create policy tenant on %s to cockpit_app
       using (account_id = (select nullif(current_setting(''app.account_id'', true), '''')))
       with check (account_id = (select nullif(current_setting(''app.account_id'', true), '''')))',
    target
  );
  execute format('create policy platform on %s to cockpit_platform using (true) with check (true)', target);
  execute format('grant select, insert, update, delete on %s to cockpit_app, cockpit_platform', target);
end
$$;

-- One row for each change, written with the change. Audit, webhooks, notifications and publishing read it.
create table events (
  account_id text not null,
  id text not null,
  seq bigint not null generated always as identity,
  name text not null,
  at timestamptz not null,
  actor jsonb not null,
  subject jsonb not null,
  before jsonb,
  after jsonb,
  request_id text not null,
  ip text,
  primary key (account_id, id)
);
create unique index events__seq on events (seq);
create index events__at on events (at desc, id desc);
create index events__id on events (id desc);
create index events__name on events (account_id, name, id desc);
create index events__subject on events (account_id, (subject ->> 'id'), id desc);
create index events__actor on events (account_id, (actor ->> 'id'), id desc);
select tenant_table('events');
-- The story is only ever continued.
revoke update, delete on events from cockpit_app, cockpit_platform;

-- A known text sealed with each key-encryption key that was ever used: a start with another key is refused.
create table sentinels (
  kid text not null primary key,
  sealed text not null,
  created_at timestamptz not null
);
grant select, insert on sentinels to cockpit_platform;
