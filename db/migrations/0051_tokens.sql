-- Tokens that were refused, for whoever looks for the reason; the caller never learns it. Never the token itself, only
-- what it claims. The same refusal again is counted, not repeated.
create table token_refusals (
  id text not null primary key,
  fingerprint text not null,
  at timestamptz not null,
  first_at timestamptz not null,
  times bigint not null,
  place text not null check (place in ('api', 'gateway')),
  reason text not null,
  detail text not null,
  issuer text,
  kid text,
  algorithm text,
  audience text[] not null,
  subject text,
  client text,
  claims jsonb not null
);
create unique index token_refusals__fingerprint on token_refusals (fingerprint);
create index token_refusals__at on token_refusals (at desc);
alter table token_refusals enable row level security;
alter table token_refusals force row level security;
create policy platform on token_refusals to cockpit_platform using (true) with check (true);
grant select, insert, update, delete on token_refusals to cockpit_platform;

-- When somebody was taken out of an account: a token from before must not bring them back.
create table membership_removals (
  account_id text not null references accounts on delete cascade,
  user_id text not null references users on delete cascade,
  at timestamptz not null,
  primary key (account_id, user_id)
);
select tenant_table('membership_removals');
revoke insert, update, delete on membership_removals from cockpit_app;
