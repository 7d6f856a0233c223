-- Usage is booked on one path: `book_requests` logs a call, which marks it as booked, and `budget_charge` books what was new.
-- The path beside it, with marks of its own, had no caller left.
drop function budget_settle(text, timestamptz, text, jsonb);
drop table settled_requests;
