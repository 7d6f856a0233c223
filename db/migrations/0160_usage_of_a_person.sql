-- What one person used over weeks is read on their page, among all that an account used.
create index usage_rollups__user on usage_rollups (account_id, user_id, hour);
