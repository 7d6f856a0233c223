-- A kept answer may also answer a question that means the same, where the rule names a model that says what texts mean.
alter table cache_rules
  add column similar_model_id text,
  add column similar_threshold double precision check (similar_threshold between 0.5 and 1),
  add constraint cache_rules__similar check ((similar_model_id is null) = (similar_threshold is null));
