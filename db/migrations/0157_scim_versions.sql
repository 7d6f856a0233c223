-- Who is in a group is part of the group and of the person, and the names of each stand in the other. So whatever changes
-- that, a request of the source or the end of a membership anywhere, makes both another version: their ETags change, and
-- sources that ask what changed since hear of it. Rows are locked in the order of their ids, so that two changes at once
-- wait for each other and do not stand in each other's way.
create function scim_members_changed() returns trigger language plpgsql as $$
begin
  perform 1 from scim_groups g
    where (g.account_id, g.id) in (select account_id, group_id from changed) order by g.id for no key update;
  update scim_groups g set version = version + 1, updated_at = greatest(updated_at, clock_timestamp())
    where (g.account_id, g.id) in (select account_id, group_id from changed);
  perform 1 from scim_users u
    where (u.account_id, u.user_id) in (select account_id, user_id from changed) order by u.user_id for no key update;
  update scim_users u set version = version + 1, updated_at = greatest(updated_at, clock_timestamp())
    where (u.account_id, u.user_id) in (select account_id, user_id from changed);
  return null;
end
$$;
create trigger scim_group_members_joined after insert on scim_group_members
  referencing new table as changed for each statement execute function scim_members_changed();
create trigger scim_group_members_left after delete on scim_group_members
  referencing old table as changed for each statement execute function scim_members_changed();

create function scim_group_renamed() returns trigger language plpgsql as $$
begin
  perform 1 from scim_users u
    where u.account_id = new.account_id
      and u.user_id in (select user_id from scim_group_members where account_id = new.account_id and group_id = new.id)
    order by u.user_id for no key update;
  update scim_users u set version = version + 1, updated_at = greatest(updated_at, clock_timestamp())
    where u.account_id = new.account_id
      and u.user_id in (select user_id from scim_group_members where account_id = new.account_id and group_id = new.id);
  return null;
end
$$;
create trigger scim_groups_renamed after update of display_name on scim_groups
  for each row when (old.display_name is distinct from new.display_name) execute function scim_group_renamed();

create function scim_user_renamed() returns trigger language plpgsql as $$
begin
  perform 1 from scim_groups g
    where g.account_id = new.account_id
      and g.id in (select group_id from scim_group_members where account_id = new.account_id and user_id = new.user_id)
    order by g.id for no key update;
  update scim_groups g set version = version + 1, updated_at = greatest(updated_at, clock_timestamp())
    where g.account_id = new.account_id
      and g.id in (select group_id from scim_group_members where account_id = new.account_id and user_id = new.user_id);
  return null;
end
$$;
create trigger scim_users_renamed after update of user_name on scim_users
  for each row when (old.user_name is distinct from new.user_name) execute function scim_user_renamed();
