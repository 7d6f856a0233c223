-- Who saw the product as somebody else. The row is the notice to the person seen, and while it lasts the mask itself.
create table impersonations (
  account_id text not null references accounts on delete cascade,
  id text not null,
  subject_id text not null,
  actor_id text not null,
  actor_name text not null,
  session_id text not null,
  reason text not null,
  ticket text,
  writes boolean not null,
  started_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  seen_at timestamptz,
  primary key (account_id, id),
  foreign key (account_id, subject_id) references memberships (account_id, user_id) on delete cascade
);
create index impersonations__subject on impersonations (subject_id, id desc);
-- asked with every request of a browser
create index impersonations__session on impersonations (session_id) where ended_at is null;
select tenant_table('impersonations');

-- What an account decides about access beside its roles. An account without a row has the defaults.
create table access_settings (
  account_id text not null primary key references accounts on delete cascade,
  impersonation text not null check (impersonation in ('forbidden', 'read_only', 'allowed'))
);
select tenant_table('access_settings');
