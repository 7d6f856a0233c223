-- With whose rights a SCIM token manages people: of whoever made it, or gave it its present secret since.
alter table scim_tokens add column vouched_kind text, add column vouched_by text;
update scim_tokens set vouched_by = created_by, vouched_kind = case
  when created_by = 'master_key' then 'master_key'
  when created_by like 'usr\_%' then 'user'
  when created_by like 'sva\_%' then 'service_account'
  else 'break_glass' end;
alter table scim_tokens alter column vouched_kind set not null, alter column vouched_by set not null;
