-- Letters to people, written with the change they tell of and sent afterwards. Their text may hold a link that opens
-- something, so it is sealed, and gone as soon as nobody needs it.
create table mail_messages (
  account_id text not null references accounts on delete cascade,
  id text not null,
  kind text not null,
  to_address text not null,
  subject text not null,
  -- what it is about, so that it can be withdrawn with it
  about text not null,
  -- whether its text opens something: then it is kept no longer than the letter is tried
  is_secret boolean not null,
  sealed_text text,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed', 'withdrawn')),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null,
  -- a worker sends it until then; one that died lets go by the clock
  claimed_until timestamptz,
  -- when it tells of nothing any more
  expires_at timestamptz not null,
  last_error text,
  said text,
  created_at timestamptz not null,
  sent_at timestamptz,
  primary key (account_id, id)
);
create index mail_messages__due on mail_messages (next_attempt_at) where state = 'waiting';
create index mail_messages__about on mail_messages (account_id, about) where state = 'waiting';
create index mail_messages__age on mail_messages (created_at);
select tenant_table('mail_messages');
