-- Files of callers. Their content lies beside them in sealed pieces, so that it is there for every process and goes with the
-- row. One that is still arriving is nobody's yet.
create table stored_files (
  account_id text not null references accounts on delete cascade,
  id text not null,
  owner_id text not null,
  created_by jsonb not null,
  filename text not null,
  purpose text not null,
  media_type text not null,
  bytes bigint not null default 0,
  status text not null default 'arriving' check (status in ('arriving', 'ready')),
  sealed_key text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  primary key (account_id, id)
);
create index stored_files__created on stored_files (account_id, created_at);
select tenant_table('stored_files');

create table stored_file_pieces (
  account_id text not null,
  file_id text not null,
  place integer not null,
  sealed bytea not null,
  primary key (account_id, file_id, place),
  foreign key (account_id, file_id) references stored_files (account_id, id) on delete cascade
);
-- what is sealed does not get smaller
alter table stored_file_pieces alter column sealed set storage external;
select tenant_table('stored_file_pieces');
