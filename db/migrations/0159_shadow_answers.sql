-- What a copy of a call said beside the answer its caller got; both calls are in the log under their own names.
create table shadow_answers (
  account_id text not null,
  model_id text not null,
  original_id text not null,
  copy_id text not null,
  at timestamptz not null,
  copy_model text not null,
  verdict text not null check (verdict in ('same', 'different', 'failed')),
  original_ms double precision not null,
  copy_ms double precision not null,
  original_tokens integer not null,
  copy_tokens integer not null,
  original_micros bigint not null,
  copy_micros bigint not null,
  primary key (account_id, model_id, original_id),
  foreign key (account_id, model_id) references models (account_id, id) on delete cascade
);
create index shadow_answers__at on shadow_answers (at);
select tenant_table('shadow_answers');
