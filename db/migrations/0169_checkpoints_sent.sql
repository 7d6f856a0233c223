-- Checkpoints leave for destinations too. Their position grows in the order of commits, as they are inserted one transaction
-- after another; what is sent behind a position was never skipped.
alter table audit_checkpoints add column position bigint generated always as identity;
create index audit_checkpoints__position on audit_checkpoints (position);
alter table audit_destinations add column checkpoint_position bigint not null default 0;
-- those that are there begin with what is signed next
update audit_destinations set checkpoint_position = coalesce((select max(position) from audit_checkpoints), 0);
