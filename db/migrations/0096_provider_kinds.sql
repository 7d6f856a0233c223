-- Which kinds of provider there are is said by the contract, which every write passes: a list here would need a migration for each.
alter table provider_connections drop constraint if exists provider_connections_kind_check;
