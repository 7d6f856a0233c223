-- What a writer might do is kept as the built-in roles they did not fall short of and what they had beyond, so that a role
-- which a later release lets do more raises nobody above them. What is kept so far is said in the same way.
create temporary table roles_until_now (role, permissions) on commit drop as values
  ('super_admin', '{access.approve,access.read,access.write,account.delete,account.read,account.write,audit.export,audit.manage,audit.read,budget.grant,budget.read,budget.write,catalog.read,catalog.write,directory.read,directory.write,explain.any,guardrail.read,guardrail.write,identity.diagnose,identity.read,identity.write,key.read,key.write,key.write_own,model.eligibility,model.read,model.select,playground.use,provider.read,provider.write,session.manage,settings.read,settings.write,usage.read,usage.read_own,user.impersonate}'::text[]),
  ('platform_operator', '{access.read,account.read,account.write,audit.read,budget.read,catalog.read,catalog.write,directory.read,explain.any,guardrail.read,identity.diagnose,identity.read,key.read,key.write_own,model.eligibility,model.read,model.select,provider.read,provider.write,session.manage,settings.read,settings.write,usage.read,usage.read_own,user.impersonate}'::text[]),
  ('support', '{access.read,account.read,audit.read,budget.read,catalog.read,directory.read,explain.any,guardrail.read,identity.read,key.read,key.write_own,model.read,provider.read,settings.read,usage.read,usage.read_own,user.impersonate}'::text[]),
  ('owner', '{access.approve,access.read,access.write,audit.export,audit.manage,audit.read,budget.read,budget.write,catalog.read,directory.read,directory.write,explain.any,guardrail.read,guardrail.write,identity.read,identity.write,key.read,key.write,key.write_own,model.read,model.select,playground.use,provider.read,provider.write,session.manage,settings.read,settings.write,usage.read,usage.read_own}'::text[]),
  ('account_admin', '{access.approve,access.read,access.write,audit.export,audit.manage,audit.read,budget.read,budget.write,catalog.read,directory.read,directory.write,explain.any,guardrail.read,guardrail.write,identity.read,identity.write,key.read,key.write,key.write_own,model.read,model.select,playground.use,provider.read,provider.write,session.manage,settings.read,settings.write,usage.read,usage.read_own}'::text[]),
  ('billing_admin', '{audit.read,budget.read,budget.write,catalog.read,directory.read,key.write_own,model.read,playground.use,settings.read,usage.read,usage.read_own}'::text[]),
  ('copilot_admin', '{budget.read,budget.write,catalog.read,directory.read,directory.write,explain.any,guardrail.read,key.write_own,model.read,model.select,playground.use,usage.read,usage.read_own}'::text[]),
  ('console_admin', '{catalog.read,directory.read,directory.write,explain.any,guardrail.read,key.read,key.write,key.write_own,model.read,playground.use,provider.read,provider.write,usage.read,usage.read_own}'::text[]),
  ('team_admin', '{catalog.read,directory.read,key.write_own,model.read,playground.use,usage.read_own}'::text[]),
  ('member', '{catalog.read,directory.read,key.write_own,model.read,playground.use,usage.read_own}'::text[]),
  ('end_user', '{key.write_own,model.read,playground.use,usage.read_own}'::text[]);

create function pg_temp.as_written(held text[]) returns text[] language sql as $$
  select array(
    select role from roles_until_now where permissions <@ held
    union
    select one from unnest(held) one
    where not exists (select from roles_until_now where permissions <@ held and one = any (permissions))
    order by 1)
$$;

update deny_rules set ceiling = pg_temp.as_written(ceiling) where ceiling is not null;
update sso_configs set written_with = pg_temp.as_written(written_with) where written_with is not null;
