-- As whom a session of the browser sees the product, until its browser has said that it knows it is itself again. What was
-- worn can be over or gone: then the session must not go on as whoever looked. Platform work only.
create table worn_masks (
  session_id text primary key references sessions on delete cascade,
  worn_in text not null,
  impersonation_id text not null
);
alter table worn_masks enable row level security;
alter table worn_masks force row level security;
create policy platform on worn_masks to cockpit_platform using (true) with check (true);
grant select, insert, update, delete on worn_masks to cockpit_platform;

insert into worn_masks (session_id, worn_in, impersonation_id)
select distinct on (i.session_id) i.session_id, i.account_id, i.id
from impersonations i join sessions s on s.id = i.session_id
where i.ended_at is null and i.expires_at > now()
order by i.session_id, i.id desc;
drop index impersonations__session;
