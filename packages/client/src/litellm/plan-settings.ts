/** Settings besides models: the cache comes along; of the others the report says where they are here. */

import type { GuardrailCheck, PiiKind } from '@cockpit/contract/guardrail-checks'
import { countOf, isRecord, type Loose, numberOf, textOf } from '@cockpit/contract/litellm'
import type { LeftOut } from './plan-models.ts'
import { type LiteLlmSource, recordOf, recordsOf } from './source.ts'

type Guardrail = { name: string; checks: GuardrailCheck[]; notes: string[] }
export type SettingsPlan = {
  cache: { mode: 'asked' | 'exact'; ttlSeconds: number; notes: string[] } | null
  guardrails: Guardrail[]
  leftOut: LeftOut[]
}

const elsewhere: Readonly<Record<string, string>> = {
  max_budget: 'What the whole installation may spend is what its account is granted: grant credits to it.',
  budget_duration: 'How often budgets renew is said by the budget plan of the account.',
  master_key: 'The master key of this installation is COCKPIT_MASTER_KEY.',
  database_url: 'This installation has a database of its own.',
  success_callback: 'Where records of calls go is set under Exporters.',
  failure_callback: 'Where records of calls go is set under Exporters.',
  callbacks: 'Where records of calls go is set under Exporters.',
  alerting: 'Alerts of budgets stand under Budgets.',
  drop_params: 'What a provider has no word for is dropped and said in the trace of the call.',
  enable_jwt_auth: 'Tokens of an identity provider are accepted after it is set under Sign-in.',
  pass_through_endpoints: 'A connection lets callers reach paths of its provider when that is switched on at it.',
  default_team_settings: 'What a team sends its records to is set under Exporters.',
  default_internal_user_params: 'What somebody may who signs in first is set under Sign-in.',
}
const handled = new Set([
  'cache',
  'cache_params',
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'default_fallbacks',
  'model_group_alias',
  'routing_strategy',
  'allowed_fails',
  'cooldown_time',
])

export const planSettings = ({ config }: LiteLlmSource): SettingsPlan => {
  const leftOut: LeftOut[] = []
  const guardrails: Guardrail[] = []
  for (const section of ['litellm_settings', 'router_settings', 'general_settings'] as const)
    for (const name of Object.keys(recordOf(config[section])))
      if (!handled.has(name))
        leftOut.push({
          kind: 'setting',
          name: `${section}.${name}`,
          why: elsewhere[name] ?? 'It has no counterpart here.',
        })
  for (const entry of recordsOf(config.guardrails)) {
    const name = (textOf(entry.guardrail_name) ?? 'Guardrail').slice(0, 80)
    const made = guardrailOf(recordOf(entry.litellm_params))
    if ('why' in made) leftOut.push({ kind: 'guardrail', name, why: made.why })
    else guardrails.push({ name, ...made })
  }
  for (const name of Object.keys(recordOf(config.mcp_servers)))
    leftOut.push({ kind: 'mcp server', name, why: 'Add it under MCP servers, where its tools are looked at first.' })
  for (const name of Object.keys(recordOf(config.environment_variables)))
    leftOut.push({
      kind: 'setting',
      name: `environment_variables.${name}`,
      why: 'Set it where the import runs, if a model needs it.',
    })
  return { cache: cacheOf(recordOf(config.litellm_settings)), guardrails, leftOut }
}

const personal: Readonly<Record<string, PiiKind>> = {
  EMAIL_ADDRESS: 'email',
  PHONE_NUMBER: 'phone',
  IBAN_CODE: 'iban',
  CREDIT_CARD: 'credit_card',
  IP_ADDRESS: 'ip_address',
  US_SSN: 'us_ssn',
  UK_NINO: 'uk_nino',
  ES_NIF: 'es_dni',
  IT_FISCAL_CODE: 'it_fiscal_code',
  PL_PESEL: 'pl_pesel',
}

/** Those that are looked for by others and always on there have a check of one's own here. */
const guardrailOf = (params: Loose): Omit<Guardrail, 'name'> | { why: string } => {
  const kind = textOf(params.guardrail) ?? ''
  const on = directionsOf(params.mode)
  if (params.default_on !== true && /^(presidio|hide[-_]secrets)$/.test(kind))
    return {
      why: 'It was for calls that ask for it; a guardrail here looks at all calls of its scope. Add it where it should.',
    }
  if (/^hide[-_]secrets$/.test(kind))
    return {
      checks: [{ kind: 'secrets', entropy: false, action: 'mask', on }],
      notes: ['Secrets are known by the check of one’s own.'],
    }
  if (kind !== 'presidio')
    return { why: `The service '${kind}' is not asked here; look under Guardrails for a check of one’s own.` }
  const named = Object.entries(recordOf(params.pii_entities_config))
  const unknown = named.flatMap(([name]) => (personal[name] ? [] : [name]))
  const kindsFor = (action: 'mask' | 'block') =>
    named.flatMap(([name, does]) =>
      personal[name] && (textOf(does)?.toLowerCase() === 'block') === (action === 'block') ? [personal[name]] : [],
    )
  const wanted =
    named.length === 0
      ? [{ action: 'mask' as const, kinds: Object.values(personal) }]
      : (['mask', 'block'] as const).map((action) => ({ action, kinds: kindsFor(action) }))
  const checks = wanted.flatMap(({ action, kinds }) =>
    kinds.length > 0 ? [{ kind: 'pii' as const, kinds, action, on }] : [],
  )
  if (checks.length === 0) return { why: `None of what it looks for is known here: ${unknown.join(', ')}.` }
  const notes = ['Personal data is known by its form, not by a model of language.']
  return { checks, notes: unknown.length > 0 ? [...notes, `Not looked for: ${unknown.join(', ')}.`] : notes }
}

const directionsOf = (mode: unknown): GuardrailCheck['on'] & ('input' | 'output')[] => {
  const named = Array.isArray(mode) ? mode : [mode]
  const on = named.map((one) => (one === 'post_call' ? ('output' as const) : ('input' as const)))
  return [...new Set(on)]
}

const cacheOf = ({ cache, cache_params }: Loose): SettingsPlan['cache'] => {
  if (cache !== true) return null
  const params = isRecord(cache_params) ? cache_params : {}
  const kind = textOf(params.type) ?? 'local'
  const notes = ['Each key gets its own answers only, and only to requests with temperature 0.']
  if (/semantic/.test(kind)) notes.push('Requests that are only similar get no kept answer.')
  return {
    mode: params.mode === 'default_off' ? 'asked' : 'exact',
    ttlSeconds: Math.min(2_592_000, countOf(numberOf(params.ttl)) ?? 3_600),
    notes,
  }
}
