-- Who has a role of the platform acts by that, whatever their role in an account. Whoever decides in a transaction of an
-- account whether it keeps an administrator has to know, of its own members alone, which policies do not show there.
create function platform_roles_of_members() returns table (user_id text, role text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select p.user_id, p.role from public.memberships p
  where p.account_id = 'platform' and p.status = 'active' and exists (
    select from public.memberships m
    where m.user_id = p.user_id and m.account_id = nullif(current_setting('app.account_id', true), '')
  )
$$;
revoke execute on function platform_roles_of_members from public;
grant execute on function platform_roles_of_members to cockpit_app, cockpit_platform;
