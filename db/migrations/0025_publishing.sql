-- Compiled slices. A gateway reads the newest version of each account; versions grow across the installation.
-- A null body is the tombstone of a deleted account, so that every gateway learns of it; hence no foreign key.
create sequence snapshot_versions;
create table snapshots (
  account_id text not null primary key,
  version bigint not null,
  content_hash text not null,
  body text,
  compiled_at timestamptz not null
);
create unique index snapshots__version on snapshots (version);
select tenant_table('snapshots');
grant usage on sequence snapshot_versions to cockpit_platform;
