-- Ids of events begin with their time, so a range of time is a range of ids, which the primary key already orders.
drop index events__account_at;
