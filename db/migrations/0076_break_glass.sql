-- The sealed way in for the day on which no other works. One row for each seal that was broken, kept for good: a code
-- opens one session, and its fingerprint is refused ever after. Platform work only.
create table break_glass_sessions (
  id text primary key,
  seal_fingerprint text not null,
  token_hash text not null,
  -- what the cookie held until a moment ago, for calls that were on their way while it changed
  previous_hash text,
  previous_until timestamptz,
  reason text not null,
  opened_at timestamptz not null,
  authenticated_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  ip text,
  user_agent text,
  check (expires_at <= opened_at + interval '60 minutes')
);
create unique index break_glass_sessions__seal on break_glass_sessions (seal_fingerprint);
create unique index break_glass_sessions__token on break_glass_sessions (token_hash);
alter table break_glass_sessions enable row level security;
alter table break_glass_sessions force row level security;
create policy platform on break_glass_sessions to cockpit_platform using (true) with check (true);
grant select, insert, update on break_glass_sessions to cockpit_platform;

-- Up to which session each administrator has said that they know of it. The master key acknowledges too, so this is no
-- reference to a person.
create table break_glass_acknowledgements (
  principal_id text primary key,
  up_to timestamptz not null,
  at timestamptz not null
);
alter table break_glass_acknowledgements enable row level security;
alter table break_glass_acknowledgements force row level security;
create policy platform on break_glass_acknowledgements to cockpit_platform using (true) with check (true);
grant select, insert, update on break_glass_acknowledgements to cockpit_platform;
