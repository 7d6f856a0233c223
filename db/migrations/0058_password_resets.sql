-- One open link a person, with which they choose a new password. Whoever made it must still be allowed to when it is used.
create table password_resets (
  account_id text not null references accounts on delete cascade,
  user_id text not null,
  token_hash text not null unique,
  by_kind text not null,
  by_id text not null,
  expires_at timestamptz not null,
  primary key (account_id, user_id),
  foreign key (account_id, user_id) references memberships (account_id, user_id) on delete cascade
);
select tenant_table('password_resets');
