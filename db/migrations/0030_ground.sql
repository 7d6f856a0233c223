-- Built-in roles beside the first three, where a membership comes from, how a session was proven, and on whose behalf
-- something was done.

alter table memberships drop constraint memberships_role_check, drop constraint memberships_check;
alter table memberships
  add constraint memberships__role check (
    role in ('super_admin', 'platform_operator', 'support', 'owner', 'account_admin', 'billing_admin', 'copilot_admin',
      'console_admin', 'team_admin', 'member', 'end_user')
  ),
  add constraint memberships__platform_role check (
    (role in ('super_admin', 'platform_operator', 'support')) = (account_id = 'platform')
  ),
  -- a synchronisation touches only what it made
  add column source text not null default 'manual' check (source in ('manual', 'sso', 'scim'));
alter table team_members
  add column source text not null default 'manual' check (source in ('manual', 'sso', 'scim'));

alter table sessions
  add column authenticated_at timestamptz,
  add column methods text[] not null default '{pwd}',
  add column provider text not null default 'local';
update sessions set authenticated_at = created_at;
alter table sessions alter column authenticated_at set not null;

alter table events
  add column on_behalf_of jsonb,
  add column session_id text,
  add column reason text;
