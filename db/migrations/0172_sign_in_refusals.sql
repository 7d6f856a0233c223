-- Sign-ins at an identity provider, and its word that somebody left, are refused for reasons too; they stand with the tokens.
alter table token_refusals drop constraint token_refusals_place_check;
alter table token_refusals
  add constraint token_refusals_place_check check (place in ('api', 'gateway', 'browser', 'back_channel')),
  add column email text,
  add column provider_account text,
  add column request_id text;
create index token_refusals__place on token_refusals (place, at desc);
