-- Compiled slices. A gateway reads the newest version of each account; versions grow across the installation.
create sequence snapshot_versions;
create table snapshots (
  account_id text not null primary key references accounts on delete cascade,
  version bigint not null,
  body text not null,
  compiled_at timestamptz not null
);
create unique index snapshots__version on snapshots (version);
select tenant_table('snapshots');
grant usage on sequence snapshot_versions to cockpit_platform;
