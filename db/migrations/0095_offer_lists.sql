-- The list of offers the configured address gave last, and why it gave none the last time. Of the installation, not of an account.
create table offer_lists (
  id boolean primary key default true check (id),
  -- the address, and the key that had to sign
  source text not null,
  items jsonb,
  updated_at timestamptz,
  failure text,
  failed_at timestamptz
);
alter table offer_lists enable row level security;
alter table offer_lists force row level security;
create policy platform on offer_lists to cockpit_platform using (true) with check (true);
grant select, insert, update on offer_lists to cockpit_platform;
