-- What single kinds need besides address and key, such as the API version of an Azure resource.
alter table provider_connections add column options jsonb not null default '{}';
