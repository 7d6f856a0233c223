-- What whoever last decided whom the provider of an account is believed about might do: it vouches for nobody above them.
-- Null: everything, as for a super admin, or decided before this was asked.
alter table sso_configs add column written_with text[];
