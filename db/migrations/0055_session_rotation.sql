-- A session changes its secret when its holder proves again who they are. For a moment the old one still works, so that
-- calls on their way are not refused; it never counts as freshly proven. A restricted session may only do what lifts
-- the restriction.
alter table sessions
  add column previous_hash text,
  add column previous_until timestamptz,
  add column restriction text check (restriction in ('enrol_second_factor', 'change_password'));
create index sessions__previous on sessions (previous_hash) where previous_hash is not null;
