-- A key that is unique across accounts tells one account what another holds; a link is found by an index alone.
alter table password_resets drop constraint password_resets_token_hash_key;
create index password_resets__token on password_resets (token_hash);
