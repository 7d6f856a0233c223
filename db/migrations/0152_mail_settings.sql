-- Which server sends letters to people: one of the platform, and one of each account that wants its own.
create table mail_settings (
  account_id text not null references accounts on delete cascade,
  host text not null,
  port integer not null check (port between 1 and 65535),
  security text not null check (security in ('tls', 'starttls', 'none')),
  user_name text,
  sealed_password text,
  from_address text not null,
  from_name text,
  reply_to text,
  updated_at timestamptz not null,
  primary key (account_id),
  check (user_name is not null or sealed_password is null)
);
select tenant_table('mail_settings');
