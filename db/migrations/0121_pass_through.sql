-- Whether callers reach the provider's own paths over a connection, at /providers/{connection}/….
alter table provider_connections add column pass_through boolean not null default false;
