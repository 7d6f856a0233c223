-- What the platform and each account ask of sign-ins. Null: an account follows the platform, the platform the product.
create table security_settings (
  account_id text not null primary key references accounts on delete cascade,
  password_length_min integer check (password_length_min between 8 and 128),
  password_refuse_common boolean,
  password_refuse_personal boolean,
  password_history integer check (password_history between 0 and 10),
  password_age_days_max integer check (password_age_days_max between 1 and 3650),
  session_idle_minutes integer check (session_idle_minutes between 5 and 43200),
  session_absolute_minutes integer check (session_absolute_minutes between 15 and 129600),
  second_factor text check (second_factor in ('off', 'admins', 'everyone')),
  second_factor_grace_days integer check (second_factor_grace_days between 0 and 90),
  -- since when a second factor is asked for; the days of grace count from here
  second_factor_since timestamptz,
  updated_at timestamptz not null
);
select tenant_table('security_settings');

-- Null: the password is as old as the person.
alter table users add column password_changed_at timestamptz;

-- Hashes of passwords a person had, as many as the rules remember. Platform work only.
create table former_passwords (
  user_id text not null references users on delete cascade,
  password_hash text not null,
  replaced_at timestamptz not null,
  primary key (user_id, replaced_at, password_hash)
);
alter table former_passwords enable row level security;
alter table former_passwords force row level security;
create policy platform on former_passwords to cockpit_platform using (true) with check (true);
grant select, insert, update, delete on former_passwords to cockpit_platform;
