-- How somebody looks at a list: what they filter by, the order, and the columns they leave out, under a name of theirs.

create table saved_views (
  account_id text not null references accounts on delete cascade,
  id text not null,
  owner_id text not null,
  list text not null,
  name text not null,
  search jsonb not null,
  hidden_columns text[] not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, id)
);
create unique index saved_views__name on saved_views (account_id, owner_id, list, lower(name));
select tenant_table('saved_views');
