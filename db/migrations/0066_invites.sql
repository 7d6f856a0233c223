-- Invitations: who may join an account, in which role and teams, on whose word. The link holds the secret, the table its
-- hash; sending again replaces it.
create table invites (
  account_id text not null references accounts on delete cascade,
  id text not null,
  email text not null,
  role text not null check (
    role in ('owner', 'account_admin', 'billing_admin', 'copilot_admin', 'console_admin', 'team_admin', 'member', 'end_user')
  ),
  token_hash text not null,
  days integer not null check (days > 0),
  inviter_kind text not null,
  inviter_id text not null,
  inviter_name text not null,
  created_at timestamptz not null,
  sent_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by text references users on delete set null,
  revoked_at timestamptz,
  primary key (account_id, id)
);
create index invites__token on invites (token_hash);
-- one open invitation for one address
create unique index invites__open on invites (account_id, email) where accepted_at is null and revoked_at is null;
create index invites__email on invites (email) where accepted_at is null and revoked_at is null;
create index invites__accepted_by on invites (accepted_by);
select tenant_table('invites');

create table invite_teams (
  account_id text not null,
  invite_id text not null,
  team_id text not null,
  position integer not null,
  primary key (account_id, invite_id, team_id),
  foreign key (account_id, invite_id) references invites (account_id, id) on delete cascade,
  foreign key (account_id, team_id) references teams (account_id, id) on delete cascade
);
select tenant_table('invite_teams');
