-- Events of which people are told by a letter, from the change until the letter is written. In the same statement as the
-- event, so that none is missed, and without whatever it takes to write a letter, so that no change waits for that.
create table event_notes (
  account_id text not null,
  event_id text not null,
  due_at timestamptz not null,
  primary key (account_id, event_id),
  foreign key (account_id, event_id) references events on delete cascade
);
create index event_notes__due on event_notes (due_at);
select tenant_table('event_notes');
