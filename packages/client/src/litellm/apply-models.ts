import { kindFacts } from '@cockpit/contract/provider-kinds'
import { defaultRoute } from '@cockpit/contract/routing'
import type { CockpitClient } from '../index.ts'
import { allOf, type Notebook, reasonOf } from './apply.ts'
import type { Connection, Deployment, ModelPlan, PlannedModel } from './plan-models.ts'

type Offers = Awaited<ReturnType<CockpitClient['offers']['list']>>['items']

/** Names of the models that are there afterwards, or would be. */
export const applyModels = async (api: CockpitClient, plan: ModelPlan, book: Notebook): Promise<Set<string>> => {
  const connections = await applyConnections(api, plan.connections, book)
  const models = new Map((await allOf((query) => api.models.list({ query }))).map((model) => [model.name, model]))
  const { items: offers } = await api.offers.list()
  const there = new Set(models.keys())
  const made: { model: PlannedModel; id: string; price: Price }[] = []
  for (const model of plan.models) {
    const usable = model.deployments.filter(({ connection }) => connections.has(connection)).slice(0, 10)
    const price = pricedBy(model, offers)
    const notes = [...model.notes, ...price.notes]
    if (usable.length === 0 && !models.has(model.name)) {
      book.note('model', model.name, 'left_out', null, ['None of its connections is there yet.', ...notes])
      continue
    }
    const create = async () => (await createModel(api, model, usable, price, connections)).id
    const id = await book.make('model', { name: model.name, notes }, { existing: models.get(model.name)?.id, create })
    if (id !== null || book.dryRun) there.add(model.name)
    if (id !== null && !models.has(model.name)) made.push({ model, id, price })
  }
  // a fallback names a model, so that all are there before the first route
  for (const { model, id, price } of made) {
    await setRoute(api, plan, model, id, connections, book)
    if (!price.known) await api.models.update({ params: { id }, body: { status: 'disabled' } })
  }
  for (const { kind, name, why } of plan.leftOut) book.note(kind, name, 'left_out', null, [why])
  return there
}

/** Ids by connection; null for one that would be made. */
const applyConnections = async (api: CockpitClient, planned: readonly Connection[], book: Notebook) => {
  const ids = new Map<Connection, string | null>()
  const own = (await allOf((query) => api.providers.list({ query }))).filter(({ ownedBy }) => ownedBy === 'account')
  for (const connection of planned) {
    const { name, kind, baseUrl, secret, options, missing } = connection
    const existing = own.find((one) => one.name === name)?.id
    const body = { name, kind, options, ...(baseUrl !== null && { baseUrl }), ...(secret !== null && { secret }) }
    if (existing === undefined && secret === null && needsSecret(kind)) {
      const why =
        missing.length > 0
          ? `Set ${missing.join(', ')} and import again`
          : 'Add the connection with its key by hand under this name, and import again'
      book.note('connection', name, 'left_out', null, [`Its key is not known. ${why}.`])
      continue
    }
    const create = async () => (await api.providers.create({ body })).id
    const id = await book.make('connection', { name, notes: connection.notes }, { existing, create })
    if (id !== null || book.dryRun) ids.set(connection, id)
  }
  return ids
}

const needsSecret = (kind: Connection['kind']) => kindFacts(kind).key === 'required'

type Price = {
  prices: NonNullable<PlannedModel['prices']>
  known: boolean
  offer: Offers[number] | undefined
  notes: string[]
}

/** What the configuration says, else what the provider publishes. A model nobody knows the price of waits for one. */
const pricedBy = ({ prices, deployments }: PlannedModel, offers: Offers): Price => {
  const offer = offers.find(({ kind, model }) =>
    deployments.some(({ connection, upstreamModel }) => connection.kind === kind && upstreamModel === model),
  )
  if (prices) return { prices, known: true, offer, notes: [] }
  if (offer)
    return {
      prices: offer.prices,
      known: true,
      offer,
      notes: [`Its prices are those its provider published, as of ${offer.asOf}.`],
    }
  const notes = ['Its price is not known, so it comes switched off: set a price, then switch it on.']
  return { prices: { input: '0', output: '0' }, known: false, offer, notes }
}

type Ids = ReadonlyMap<Connection, string | null>

const createModel = (
  api: CockpitClient,
  model: PlannedModel,
  usable: readonly Deployment[],
  { prices, offer }: Price,
  ids: Ids,
) => {
  const capabilities = model.capabilities ?? offer?.capabilities
  const contextTokens = model.contextTokens ?? offer?.contextTokens ?? null
  const outputTokensMax = model.outputTokensMax ?? offer?.outputTokensMax ?? null
  const deployments = usable.map((one) => ({ connectionId: idOf(ids, one), upstreamModel: one.upstreamModel }))
  return api.models.create({
    body: {
      name: model.name,
      description: 'Came from LiteLLM.',
      prices,
      contextTokens,
      outputTokensMax,
      deployments,
      ...(capabilities && { capabilities: [...capabilities] }),
    },
  })
}

const idOf = (ids: Ids, { connection }: Deployment) => ids.get(connection) ?? ''

const setRoute = async (
  api: CockpitClient,
  plan: ModelPlan,
  model: PlannedModel,
  id: string,
  ids: Ids,
  book: Notebook,
) => {
  const usable = model.deployments.filter(({ connection }) => ids.has(connection)).slice(0, 10)
  const route = {
    ...defaultRoute,
    strategy: usable.length > 1 ? plan.strategy : defaultRoute.strategy,
    fallbacks: model.fallbacks,
    ...(plan.breaker && { breaker: plan.breaker }),
    deployments: usable.map((one) => ({
      connectionId: idOf(ids, one),
      upstreamModel: one.upstreamModel,
      tier: one.tier,
      weight: one.weight,
      perMinuteMax: one.perMinuteMax,
      parallelMax: one.parallelMax,
      timeouts: one.totalMs === null ? {} : { totalMs: one.totalMs },
    })),
  }
  try {
    await api.routing.set({ params: { id }, body: route })
  } catch (error) {
    book.note('route', model.name, 'failed', null, [reasonOf(error)])
  }
}
