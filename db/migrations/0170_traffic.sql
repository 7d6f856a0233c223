-- What each gateway process counted in a few seconds, kept for a little more than an hour. Figures to look at and nothing
-- is booked by them, so they are not worth the write-ahead log. Account `platform` holds the sums of all accounts.
create unlogged table traffic (
  account_id text not null references accounts on delete cascade,
  at timestamptz not null,
  process_id text not null,
  open_streams integer not null,
  body jsonb not null,
  updated_at timestamptz not null,
  primary key (account_id, at, process_id)
);
create index traffic__at on traffic (at);
select tenant_table('traffic');
