-- How long the texts of requests are kept where an account keeps them, and whether personal data and secrets are masked first.
create table content_policies (
  account_id text primary key references accounts on delete cascade,
  -- null: until they are erased
  days integer check (days > 0),
  masked boolean not null,
  updated_at timestamptz not null
);
select tenant_table('content_policies');
create index request_contents__at on request_contents (account_id, at);
