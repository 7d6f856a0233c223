-- A response in the background: somebody works on it until then, and says so anew while they do. Null: it has ended.
alter table stored_responses add column running_until timestamptz;
