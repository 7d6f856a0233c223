-- Orgs and teams belong to a product domain: governed centrally (copilot) or bring your own key (console). A name is
-- taken once in a domain; the default org takes in teams of copilot.
alter table orgs add column domain text not null default 'copilot' check (domain in ('copilot', 'console'));
alter table orgs
  add constraint orgs__domain_key unique (account_id, domain, id),
  add constraint orgs__default_domain check (not is_default or domain = 'copilot');
drop index orgs__name;
create unique index orgs__name on orgs (account_id, domain, lower(name));

-- a team is of the domain of its org, also after it moved
alter table teams add column domain text not null default 'copilot' check (domain in ('copilot', 'console'));
alter table teams drop constraint teams_account_id_org_id_fkey;
alter table teams add constraint teams__org foreign key (account_id, domain, org_id) references orgs (account_id, domain, id);

-- who may join: null means as many as come
alter table accounts add column seats_max integer check (seats_max > 0);

-- What of synchronised people may be changed by hand; without a row nothing.
create table directory_policies (
  account_id text not null primary key references accounts on delete cascade,
  hand_edits text[] not null default '{}' check (hand_edits <@ '{role,status,teams,remove}'::text[])
);
select tenant_table('directory_policies');
