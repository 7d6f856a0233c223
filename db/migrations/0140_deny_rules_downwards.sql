-- A deny rule binds nobody who may do what its writer may not, so it says what its writer might do and who they are. Rules
-- without it were written by a super admin, or before rules knew; they bind everybody they name.
alter table deny_rules add column ceiling text[], add column written_by text;
