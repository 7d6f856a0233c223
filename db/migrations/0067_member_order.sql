-- A list of people begins with those who joined last, in accounts of any size.
create index memberships__created on memberships (account_id, created_at, user_id);
