-- Where the people of an account (or of the platform) and the calls to its gateway may come from. No row: everywhere.
create table allowed_networks (
  account_id text not null references accounts on delete cascade,
  list text not null check (list in ('people', 'gateway')),
  place integer not null check (place between 0 and 199),
  network cidr not null,
  note text not null check (length(note) <= 120),
  primary key (account_id, list, place),
  unique (account_id, list, network)
);
select tenant_table('allowed_networks');
