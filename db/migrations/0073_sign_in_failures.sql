-- What the lock-out counts are attempts: they are forgiven, and forgotten after a quarter of an hour.
alter table sign_in_failures rename to sign_in_attempts;
alter index sign_in_failures__subject rename to sign_in_attempts__subject;
alter index sign_in_failures__at rename to sign_in_attempts__at;

-- Who could not come in, and why, for those who look after people. An address that nobody has is the platform's to see.
create table sign_in_failures (
  id text primary key,
  at timestamptz not null,
  email text not null check (length(email) <= 254),
  user_id text references users on delete set null,
  reason text not null check (
    reason in ('unknown', 'wrong_password', 'no_password', 'second_factor', 'locked', 'suspended', 'sso_required', 'network')
  ),
  ip text,
  user_agent text
);
create index sign_in_failures__at on sign_in_failures (at);
create index sign_in_failures__email on sign_in_failures (email, at);
create index sign_in_failures__ip on sign_in_failures (ip, at);
create index sign_in_failures__user on sign_in_failures (user_id, id desc);
alter table sign_in_failures enable row level security;
alter table sign_in_failures force row level security;
create policy platform on sign_in_failures to cockpit_platform using (true) with check (true);
grant select, insert, delete on sign_in_failures to cockpit_platform;
