-- Whether somebody of an account has a second factor is for the account to know: of its own people, whose row it is and
-- since when, and nothing that could prove anything.

grant select (user_id, confirmed_at) on totp_secrets to cockpit_app;
grant select (user_id) on passkeys to cockpit_app;

create policy tenant on totp_secrets for select to cockpit_app
  using (exists (select 1 from memberships m where m.user_id = totp_secrets.user_id and m.account_id = (select nullif(current_setting('app.account_id', true), ''))));
create policy tenant on passkeys for select to cockpit_app
  using (exists (select 1 from memberships m where m.user_id = passkeys.user_id and m.account_id = (select nullif(current_setting('app.account_id', true), ''))));
