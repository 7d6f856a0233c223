-- A session that an identity provider vouches for: which login of whom it was there, so that the provider can end it.
-- A provider that an account chose itself speaks for that account only, and so does the session.
alter table sessions
  add column idp_issuer text,
  add column idp_subject text,
  add column idp_sid text,
  add column only_account text references accounts on delete cascade;
create index sessions__idp on sessions (idp_issuer, idp_subject) where idp_issuer is not null;
create index sessions__only_account on sessions (only_account) where only_account is not null;
