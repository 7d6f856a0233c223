-- Whose turn it is to change the role keys of one person in Zitadel, where an update replaces them all. A row rather than a
-- lock of the database, because what is done in a turn waits for the network; who dies lets go by the clock.
create table zitadel_turns (
  subject text primary key,
  holder text not null,
  held_until timestamptz not null
);
alter table zitadel_turns enable row level security;
alter table zitadel_turns force row level security;
create policy platform on zitadel_turns to cockpit_platform using (true) with check (true);
grant select, insert, update, delete on zitadel_turns to cockpit_platform;
