-- What a model costs besides the plain rates of tokens: units, tiers, spoken tokens, as the API writes them
-- (packages/contract/src/prices.ts). Nothing looks into it.
alter table model_prices add column dimensions json not null default '{}';
