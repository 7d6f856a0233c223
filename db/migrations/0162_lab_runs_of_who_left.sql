-- Whoever leaves an account takes the runs along that nobody else sees. Those who left before that was so have left theirs
-- behind. People of the platform have no membership where they work, and who is suspended has not left.
do $$
begin
  -- a new database has no such table yet, and nothing that anybody left
  if to_regclass('lab_runs') is null then return; end if;
  delete from lab_runs r
  where not r.shared
    and r.owner_id like 'usr\_%'
    and not exists (
      select from memberships m where m.user_id = r.owner_id and m.account_id in (r.account_id, 'platform')
    );
end $$;
