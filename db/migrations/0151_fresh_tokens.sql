-- Whether a token of a person must tell of a fresh sign-in where a browser is asked to prove who is there.
alter table security_settings add column fresh_tokens boolean;
