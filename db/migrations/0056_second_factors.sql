-- What people prove themselves with beside a password. All of it is platform work: a person is one for all accounts.

-- One authenticator app a person. `last_step` is the newest time step a code was taken from; none is taken twice.
create table totp_secrets (
  user_id text primary key references users on delete cascade,
  sealed_secret text not null,
  created_at timestamptz not null,
  confirmed_at timestamptz,
  last_step bigint not null default 0,
  last_used_at timestamptz
);

create table passkeys (
  id text primary key,
  user_id text not null references users on delete cascade,
  name text not null,
  credential_id text not null unique,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  synced boolean not null,
  created_at timestamptz not null,
  last_used_at timestamptz
);
create index passkeys__user on passkeys (user_id);

-- A code works once. The letters are random enough that a plain hash hides them.
create table recovery_codes (
  user_id text not null references users on delete cascade,
  code_hash text not null,
  created_at timestamptz not null,
  used_at timestamptz,
  primary key (user_id, code_hash)
);

-- A proof that has begun: what the authenticator must sign, for whom, and until when. Taken once.
create table auth_challenges (
  token_hash text primary key,
  purpose text not null check (purpose in ('sign_in', 'second_factor', 'step_up', 'register')),
  user_id text references users on delete cascade,
  webauthn_challenge text,
  expires_at timestamptz not null
);
create index auth_challenges__expires on auth_challenges (expires_at);
create index auth_challenges__user on auth_challenges (user_id);

do $$
declare
  one text;
begin
  foreach one in array array['totp_secrets', 'passkeys', 'recovery_codes', 'auth_challenges'] loop
    execute format('alter table %I enable row level security', one);
    execute format('alter table %I force row level security', one);
    execute format('create policy platform on %I to cockpit_platform using (true) with check (true)', one);
    execute format('grant select, insert, update, delete on %I to cockpit_platform', one);
  end loop;
end
$$;
