-- Credits for one US dollar of what an account pays its providers itself; null: as of every call.
alter table accounts add column own_connections_factor numeric(8, 4) check (own_connections_factor >= 0);
