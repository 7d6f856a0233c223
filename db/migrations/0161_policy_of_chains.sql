-- The event of each chain that last changed what decides there, by its place: later events say so of themselves.
alter table audit_chains add column policy_seq bigint not null default 0;
update audit_chains c set policy_seq = e.seq
from (
  select account_id, max(chain_seq) as seq from events
  where outcome = 'done' and (
    split_part(name, '.', 1) in ('access_settings', 'deny_rule', 'directory_policy', 'domain', 'platform_person', 'role',
      'role_assignment', 'scim_rules', 'security')
    or name in ('sso.updated', 'sso.removed', 'zitadel.config_changed')
    or (split_part(name, '.', 1) in ('account', 'user') and (
      jsonb_exists_any(coalesce(before, '{}'), array['role', 'status'])
      or jsonb_exists_any(coalesce(after, '{}'), array['role', 'status']))))
  group by account_id
) e
where e.account_id = c.account_id;
