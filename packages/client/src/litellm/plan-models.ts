/** Models, the connections they need, and how calls find their way: what the configuration and the table of models say. */
import {
  countOf,
  isRecord,
  type LiteLlmDeployment,
  type Loose,
  liteLlmDeployment,
  liteLlmFacts,
  liteLlmPrices,
  numberOf,
  textOf,
} from '@cockpit/contract/litellm'
import { ModelName } from '@cockpit/contract/models'
import { providerKinds } from '@cockpit/contract/provider-kinds'
import type { FallbackReason, ModelRoute } from '@cockpit/contract/routing'
import { type LiteLlmSource, recordOf, recordsOf, textsOf, withEnvironment } from './source.ts'

export type Connection = LiteLlmDeployment['connection'] & { name: string; missing: readonly string[]; notes: string[] }
export type Deployment = {
  connection: Connection
  upstreamModel: string
  tier: number
  weight: number
  perMinuteMax: number | null
  parallelMax: number | null
  totalMs: number | null
}
type Facts = ReturnType<typeof liteLlmFacts>
export type PlannedModel = Facts & {
  name: string
  deployments: Deployment[]
  prices: ReturnType<typeof liteLlmPrices>
  fallbacks: ModelRoute['fallbacks']
  accessGroups: string[]
  notes: string[]
}
export type LeftOut = { kind: string; name: string; why: string }
export type ModelPlan = {
  connections: Connection[]
  models: PlannedModel[]
  strategy: ModelRoute['strategy']
  breaker: ModelRoute['breaker'] | null
  leftOut: LeftOut[]
}

type Entry = { name: string; params: Loose; info: Loose }

export const planModels = (source: LiteLlmSource): ModelPlan => {
  const leftOut: LeftOut[] = []
  const connections = new Map<string, Connection>()
  const models = new Map<string, PlannedModel>()
  const credentials = credentialsOf(source, leftOut)
  for (const { name, params: given, info } of entriesOf(source, leftOut)) {
    const credential = textOf(given.litellm_credential_name)
    if (credential !== null && !credentials.has(credential)) {
      leftOut.push({ kind: 'model', name, why: `Its credential '${credential}' is not readable.` })
      continue
    }
    const { params, missing } = withEnvironment({ ...credentials.get(credential ?? ''), ...given }, source.env)
    const made = liteLlmDeployment(params)
    const wrongName = ModelName.safeParse(name).success
      ? null
      : 'A name here may hold letters, digits and . _ : / @ - only.'
    const why = 'why' in made ? made.why : wrongName
    if ('why' in made || why !== null) {
      leftOut.push({ kind: 'model', name, why: why ?? '' })
      continue
    }
    const connection = connectionFor(connections, made, missing)
    const model = models.get(name) ?? begun(name, params, info)
    models.set(name, model)
    model.notes.push(...made.changes, ...notCarried(params))
    if (!model.deployments.some((one) => one.connection === connection && one.upstreamModel === made.upstreamModel))
      model.deployments.push({ connection, upstreamModel: made.upstreamModel, ...shareOf(params) })
  }
  const plan: ModelPlan = {
    connections: [...connections.values()],
    models: [...models.values()],
    ...waysOf(source),
    leftOut,
  }
  addAliases(plan, source)
  addFallbacks(plan, source)
  for (const model of plan.models) model.notes = [...new Set(model.notes)]
  return plan
}

/** Those of the configuration and of the table of models, whose values are encrypted one by one. */
const entriesOf = ({ config, database, open }: LiteLlmSource, leftOut: LeftOut[]): Entry[] => {
  const written = recordsOf(config.model_list).map((entry) => ({
    name: textOf(entry.model_name) ?? '',
    params: recordOf(entry.litellm_params),
    info: recordOf(entry.model_info),
  }))
  const stored = (database?.models ?? []).flatMap((row): Entry[] => {
    const name = textOf(row.model_name) ?? ''
    const params = opened(recordOf(row.litellm_params), open)
    if (row.blocked === true) leftOut.push({ kind: 'model', name, why: 'It is blocked.' })
    else if (params === null)
      leftOut.push({
        kind: 'model',
        name,
        why: open
          ? 'The salt key given is not the one it was encrypted with.'
          : 'It is encrypted; give the salt key, or enter it by hand.',
      })
    else return [{ name, params, info: recordOf(row.model_info) }]
    return []
  })
  return [...written, ...stored]
}

/** Null where a model cannot be read; other values that cannot are as if they were not there. */
const opened = (params: Loose, open: LiteLlmSource['open']): Loose | null => {
  const read = Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (typeof value !== 'string') return [name, value]
      const plain = open?.(value) ?? null
      return [name, plain ?? (looksEncrypted(value) ? null : value)]
    }),
  )
  return typeof read.model === 'string' ? read : null
}
const looksEncrypted = (value: string) => /^v\d:gcm:/.test(value) || /^[A-Za-z0-9_-]{54,}={0,2}$/.test(value)

const credentialsOf = ({ config, database, open }: LiteLlmSource, leftOut: LeftOut[]) => {
  const found = new Map<string, Loose>()
  for (const entry of recordsOf(config.credential_list))
    found.set(textOf(entry.credential_name) ?? '', recordOf(entry.credential_values))
  for (const row of database?.credentials ?? []) {
    const name = textOf(row.credential_name) ?? ''
    const values = opened({ model: 'x', ...recordOf(row.credential_values) }, open)
    const { model: _, ...read } = values ?? {}
    if (Object.values(read).some((value) => value === null))
      leftOut.push({ kind: 'credential', name, why: 'It is encrypted; give the salt key, or enter it by hand.' })
    else found.set(name, read)
  }
  return found
}

const begun = (name: string, params: Loose, info: Loose): PlannedModel => ({
  ...liteLlmFacts(info),
  name,
  deployments: [],
  prices: liteLlmPrices(params, info),
  fallbacks: [],
  accessGroups: textsOf(info.access_groups),
  notes: [],
})

/** One connection for each address and secret, whatever the models on it. */
const connectionFor = (all: Map<string, Connection>, { connection }: LiteLlmDeployment, missing: readonly string[]) => {
  const same = JSON.stringify(connection) + missing.join()
  const known = all.get(same)
  if (known) return known
  const label = providerKinds[connection.kind].label
  const host = connection.baseUrl ? ` ${new URL(connection.baseUrl).host}` : ''
  const base = `LiteLLM ${label}${host}`.slice(0, 70)
  const taken = new Set([...all.values()].map(({ name }) => name))
  let name = base
  for (let nth = 2; taken.has(name); nth++) name = `${base} ${nth}`
  const made = { ...connection, name, missing, notes: [] }
  all.set(same, made)
  return made
}

const milliseconds = (seconds: unknown) => {
  const number = numberOf(seconds)
  return number === null ? null : Math.min(3_600_000, Math.max(1_000, Math.round(number * 1000)))
}
const shareOf = (params: Loose) => ({
  tier: Math.min(9, Math.max(0, (countOf(params.order) ?? 1) - 1)),
  weight: Math.min(1_000, numberOf(params.weight) ?? 1),
  perMinuteMax: countOf(params.rpm),
  parallelMax: countOf(params.max_parallel_requests),
  totalMs: milliseconds(params.timeout),
})

const carried = new Set(
  `model custom_llm_provider api_base base_url api_key api_version organization order weight rpm max_parallel_requests
  timeout litellm_credential_name aws_region_name aws_bedrock_runtime_endpoint aws_access_key_id aws_secret_access_key
  aws_session_token vertex_project vertex_location vertex_credentials use_in_pass_through use_litellm_proxy merge_reasoning_content_in_choices`.split(
    /\s+/,
  ),
)
const notCarried = (params: Loose): string[] =>
  Object.keys(params)
    .filter((name) => !carried.has(name) && !/_cost(_|$)/.test(name) && params[name] != null)
    .map((name) => `\`${name}\` is not carried over.`)

const strategies: Readonly<Record<string, ModelRoute['strategy']>> = {
  'simple-shuffle': 'weighted',
  'least-busy': 'least_busy',
  'latency-based-routing': 'lowest_latency',
  'cost-based-routing': 'lowest_cost',
  'usage-based-routing': 'least_busy',
  'usage-based-routing-v2': 'least_busy',
}
const routerOf = ({ config }: LiteLlmSource) => ({
  ...recordOf(config.litellm_settings),
  ...recordOf(config.router_settings),
})

const waysOf = (source: LiteLlmSource): Pick<ModelPlan, 'strategy' | 'breaker'> => {
  const router: Loose = routerOf(source)
  const failures = countOf(router.allowed_fails)
  const cool = numberOf(router.cooldown_time)
  const breaker = { failures: Math.min(100, failures ?? 5), coolMs: Math.max(100, Math.round((cool ?? 30) * 1000)) }
  return {
    strategy: strategies[textOf(router.routing_strategy) ?? 'simple-shuffle'] ?? 'weighted',
    breaker: failures === null && cool === null ? null : breaker,
  }
}

/** Another name of a model is a model of its own here, on the same deployments. */
const addAliases = ({ models, leftOut }: ModelPlan, source: LiteLlmSource) => {
  for (const [alias, target] of Object.entries(recordOf(routerOf(source).model_group_alias))) {
    const named = textOf(isRecord(target) ? target.model : target)
    const model = models.find(({ name }) => name === named)
    const taken = models.some(({ name }) => name === alias)
    if (!model || taken || !ModelName.safeParse(alias).success)
      leftOut.push({
        kind: 'alias',
        name: alias,
        why: taken ? 'A model has this name.' : `There is no model '${named}'.`,
      })
    else
      models.push({
        ...model,
        name: alias,
        fallbacks: [],
        notes: [`Another name of '${model.name}', here a model of its own.`],
      })
  }
}

const failures: Readonly<Record<string, FallbackReason[]>> = {
  fallbacks: ['error', 'rate_limit', 'timeout'],
  context_window_fallbacks: ['context_length'],
  content_policy_fallbacks: ['content_filter'],
}

/** Pairs of a model and the one that stands in for it, and why a call would leave. */
const standIns = (router: Loose) =>
  Object.entries(failures).flatMap(([setting, on]) =>
    recordsOf(router[setting]).flatMap((entry) =>
      Object.entries(entry).flatMap(([name, targets]) => textsOf(targets).map((to) => ({ name, to, on }))),
    ),
  )

const addFallbacks = ({ models, leftOut }: ModelPlan, source: LiteLlmSource) => {
  const router: Loose = routerOf(source)
  const byName = new Map(models.map((model) => [model.name, model]))
  const add = (from: PlannedModel, to: string, on: readonly FallbackReason[]) => {
    const known = from.fallbacks.find(({ model }) => model === to)
    if (known) known.on = [...new Set([...known.on, ...on])]
    else if (!byName.has(to)) from.notes.push(`Its fallback '${to}' is no model that comes along.`)
    else if (from.fallbacks.length < 5) from.fallbacks.push({ model: to, on: [...on] })
    else from.notes.push(`Its fallback '${to}' is left out: a model here has at most five.`)
  }
  for (const { name, to, on } of standIns(router)) {
    const from = byName.get(name)
    if (from) add(from, to, on)
    else leftOut.push({ kind: 'fallback', name, why: 'It is no model that comes along.' })
  }
  const alone = models.filter(({ fallbacks }) => fallbacks.length === 0)
  for (const to of textsOf(router.default_fallbacks))
    for (const from of alone) if (from.name !== to) add(from, to, failures.fallbacks ?? [])
}
