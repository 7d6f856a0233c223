-- Since when somebody answers for a token, how they were called, and what they might do then, as far as a source reaches.
-- Without a time nobody is known to have, and it reaches no further than a member.
alter table scim_tokens
  add column vouched_at timestamptz,
  add column vouched_name text,
  add column vouched_with text[];

-- Whoever made a token is not always who gave it its present secret. The story tells, as far back as it is kept.
update scim_tokens t
set vouched_at = e.at,
    vouched_kind = coalesce(e.on_behalf_of, e.actor) ->> 'kind',
    vouched_by = coalesce(e.on_behalf_of, e.actor) ->> 'id',
    vouched_name = coalesce(e.on_behalf_of, e.actor) ->> 'name'
from (
  select distinct on (account_id, subject ->> 'id') account_id, subject ->> 'id' as token, at, actor, on_behalf_of
  from events
  where name in ('scim_token.created', 'scim_token.rotated') and outcome = 'done'
  order by account_id, subject ->> 'id', seq desc
) e
where e.account_id = t.account_id and e.token = t.id;

-- Settings of a provider that no super admin is known to have written: it is believed about members, until somebody who
-- may do more saves them.
update sso_configs c
set written_with = '{}'
where c.written_with is null and not exists (
  select from (
    select actor from events
    where account_id = c.account_id and name = 'sso.updated' and outcome = 'done' order by seq desc limit 1
  ) last
  where last.actor ->> 'kind' in ('master_key', 'break_glass') or exists (
    select from memberships m
    where m.account_id = 'platform' and m.user_id = last.actor ->> 'id'
      and m.role = 'super_admin' and m.status = 'active'
  )
);
