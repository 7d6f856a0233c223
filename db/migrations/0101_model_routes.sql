-- How calls of a model find a deployment; null: in the order of its deployments. Its shape is `ModelRoute` of the contract.
alter table models add column route jsonb;
