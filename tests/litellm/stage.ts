/** An installation of LiteLLM as the import meets it: a configuration, and those columns of its tables that are read. */
import { createHash, randomBytes } from 'node:crypto'
import { freshDatabase } from '../../apps/server/src/platform/testing.ts'

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const ddl = `
create table "LiteLLM_BudgetTable" (budget_id text primary key, max_budget float8, budget_duration text, rpm_limit bigint, tpm_limit bigint, max_parallel_requests int);
create table "LiteLLM_OrganizationTable" (organization_id text primary key, organization_alias text not null, budget_id text, models text[]);
create table "LiteLLM_TeamTable" (team_id text primary key, team_alias text, organization_id text, admins text[] default '{}', members text[] default '{}', members_with_roles jsonb default '[]', max_budget float8, budget_duration text, models text[] default '{}', rpm_limit bigint, tpm_limit bigint, blocked boolean default false);
create table "LiteLLM_UserTable" (user_id text primary key, user_alias text, user_email text, teams text[] default '{}', user_role text, max_budget float8, budget_duration text, models text[] default '{}', rpm_limit bigint, tpm_limit bigint);
create table "LiteLLM_VerificationToken" (token text primary key, key_name text, key_alias text, expires timestamp(3), models text[] default '{}', aliases jsonb default '{}', user_id text, team_id text, max_parallel_requests int, blocked boolean, tpm_limit bigint, rpm_limit bigint, max_budget float8, budget_duration text, budget_id text);
create table "LiteLLM_ProxyModelTable" (model_id text primary key, model_name text not null, litellm_params jsonb not null, model_info jsonb, blocked boolean default false);
create table "LiteLLM_EndUserTable" (user_id text primary key, budget_id text, blocked boolean default false);`

/** Keys by what they are for, each with the secret its programs have. */
export const liteLlmKeys = () => {
  const secret = () => `sk-${randomBytes(16).toString('base64url')}`
  return { ada: secret(), bot: secret(), blocked: secret(), expired: secret(), stranger: secret() }
}
export type LiteLlmKeys = ReturnType<typeof liteLlmKeys>

export const startLiteLlmDatabase = async (keys: LiteLlmKeys, tag: string, models: [string, object][] = []) => {
  const { connection, query, close } = await freshDatabase()
  for (const statement of ddl.split(';\n')) await query(statement)
  await query(
    `insert into "LiteLLM_BudgetTable" (budget_id, max_budget, budget_duration) values ('b-org', 500, '30d'), ('b-end', 1, '1d')`,
  )
  await query(`insert into "LiteLLM_OrganizationTable" values ('org-1', 'Research', 'b-org', '{}')`)
  await query(
    `insert into "LiteLLM_TeamTable" (team_id, team_alias, organization_id, members_with_roles, max_budget, budget_duration, models, rpm_limit, blocked) values
     ('team-a', 'Support', 'org-1', '[{"user_id": "u-ada", "role": "user"}]', 25.5, '30d', '{cheap,premium}', 600, false),
     ('team-b', 'Support', null, '[]', null, null, '{}', null, false),
     ('team-x', 'Closed', null, '[]', null, null, '{}', null, true)`,
  )
  await query(
    `insert into "LiteLLM_UserTable" (user_id, user_alias, user_email, user_role, max_budget) values
     ('u-ada', 'Ada', $1, 'internal_user', 10), ('u-nobody', null, null, 'internal_user', null)`,
    [`ada-${tag}@example.com`],
  )
  await query(
    `insert into "LiteLLM_VerificationToken" (token, key_name, key_alias, user_id, team_id, models, rpm_limit, blocked, expires, max_budget, max_parallel_requests) values
     ($1, 'sk-...ada1', 'Ada laptop', 'u-ada', 'team-a', '{}', 120, null, null, null, null),
     ($2, 'sk-...bot1', 'Nightly bot', null, null, '{cheap,"gone-model"}', null, false, '2999-01-01 00:00:00', 3, 4),
     ($3, 'sk-...blk1', 'Blocked', 'u-ada', null, '{}', null, true, null, null, null),
     ($4, 'sk-...exp1', 'Old', 'u-ada', null, '{}', null, null, '2020-01-01 00:00:00', null, null),
     ($5, 'sk-...str1', 'Of nobody', 'u-nobody', 'team-a', '{all-proxy-models}', null, null, null, null, null)`,
    [keys.ada, keys.bot, keys.blocked, keys.expired, keys.stranger].map(sha256),
  )
  await query(`insert into "LiteLLM_EndUserTable" (user_id, budget_id) values ('customer-1', 'b-end')`)
  for (const [nth, [name, params]] of models.entries())
    await query(
      `insert into "LiteLLM_ProxyModelTable" (model_id, model_name, litellm_params, model_info) values ($1, $2, $3, '{}')`,
      [`m-${nth}`, name, JSON.stringify(params)],
    )
  const { host, user, database } = connection
  return { url: `postgres://${user}@localhost/${database}?host=${encodeURIComponent(String(host))}`, query, close }
}

/** A configuration in the shapes people have: references to the environment, several deployments, what cannot come along. */
export const configText = (upstream: string) => `
model_list:
  - model_name: cheap
    litellm_params:
      model: openai/upstream-cheap
      api_base: ${upstream}
      api_key: os.environ/UPSTREAM_KEY
      rpm: 500
      weight: 3
      temperature: 0.2
    model_info: { mode: chat, input_cost_per_token: 0.000001, output_cost_per_token: 0.000002, access_groups: [basic] }
  - model_name: cheap
    litellm_params: { model: openai/upstream-cheap-2, api_base: ${upstream}, api_key: os.environ/UPSTREAM_KEY, order: 2 }
  - model_name: premium
    litellm_params: { model: hosted_vllm/big, api_base: ${upstream}, timeout: 30 }
    model_info: { input_cost_per_token: 0.00001, output_cost_per_token: 0.00003 }
  - model_name: unpriced
    litellm_params: { model: hosted_vllm/unheard-of, api_base: ${upstream} }
  - model_name: azure-gpt
    litellm_params: { model: azure/dep, api_base: https://r.openai.azure.com, api_key: os.environ/NOT_SET_HERE, api_version: "2024-10-21" }
  - model_name: everything
    litellm_params: { model: "openai/*", api_key: k }
router_settings:
  routing_strategy: latency-based-routing
  allowed_fails: 2
  cooldown_time: 60
  fallbacks: [{ cheap: [premium] }]
  context_window_fallbacks: [{ cheap: [premium, nowhere] }]
  model_group_alias: { gpt-3.5-turbo: cheap }
  redis_host: localhost
litellm_settings:
  cache: true
  cache_params: { type: redis, ttl: 600, mode: default_off }
  success_callback: [langfuse]
  drop_params: true
guardrails:
  - guardrail_name: pii
    litellm_params: { guardrail: presidio, mode: pre_call, default_on: true, pii_entities_config: { EMAIL_ADDRESS: MASK, CREDIT_CARD: BLOCK, PERSON: MASK } }
  - guardrail_name: lakera
    litellm_params: { guardrail: lakera_v2, mode: pre_call }
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
`
