-- When it was shown that an e-mail is of the person who has it here. A person exists once for all accounts, so an address
-- that one account merely typed in must not open another: see `modules/identity/addresses.ts`.
alter table users add column email_verified_at timestamptz;

-- people of the platform, and whoever they set up, are trusted as they are
update users set email_verified_at = created_at
  where exists (select 1 from memberships m where m.user_id = users.id and m.account_id = 'platform');
