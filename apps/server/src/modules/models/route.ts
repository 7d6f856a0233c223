import {
  type DeploymentState,
  defaultRoute,
  ModelRoute,
  type RouteOutcome,
  type RouteTrial,
} from '@cockpit/contract/routing'
import { type CandidateLoad, candidateOf, identityOf, type SimulatedDeployment, simulateRoute } from '@cockpit/policy'
import { type Clock, type Ctx, changesOf, type Db, Problem, platformAccount, type Tx } from '../../platform/index.ts'
import { missing, subjectOf } from './catalog.ts'
import { priceInForce, slicePriceOf } from './model.ts'
import { modelRepository, type StoredModel } from './repository.ts'

/** What the gateway of this process knows of a deployment; null where it made no call over it. */
export type DeploymentLoads = (
  connectionId: string,
  upstreamModel: string,
) => (CandidateLoad & { failures: number }) | null

type Deps = { db: Db; now: Clock; loads: DeploymentLoads }
type FieldError = { pointer: string; detail: string }

/** How calls of a model find a deployment: read, set, and tried out without a call. */
export const createRoutes = ({ db, now, loads }: Deps) => {
  /** One of the account's own: how the platform routes its models is nobody else's to see. */
  const own = async (tx: Tx, id: string): Promise<StoredModel> => (await modelRepository(tx).find(id, [])) ?? missing()

  return {
    get: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const model = await own(tx, id)
        const facts = await factsOf(tx)
        const states = model.deployments.map(({ connection_id: connectionId, upstream_model: upstreamModel }) => {
          const load = loads(connectionId, upstreamModel)
          return {
            connectionId,
            upstreamModel,
            state: load && stateOf(load),
            downSince: facts.get(connectionId)?.down_since?.toISOString() ?? null,
          }
        })
        return { route: storedRoute(model), states }
      }),

    set: (ctx: Ctx, id: string, route: ModelRoute): Promise<ModelRoute> =>
      db.tenant(ctx, async (tx) => {
        const model = (await modelRepository(tx).hold(id)) ?? missing()
        const errors = [
          ...wrongDeployments(model, route),
          ...(await wrongFallbacks(tx, model, route)),
          ...(await wrongShadow(tx, model, route)),
        ]
        if (errors.length > 0) throw new Problem('input.invalid', 'The route does not fit the model.', { errors })
        const changes = changesOf({ route: storedRoute(model) }, { route })
        if (!changes) return route
        await modelRepository(tx).update(id, { route: JSON.stringify(route), updated_at: now() })
        await tx.emit('model.route_set', { subject: subjectOf(model), ...changes })
        return route
      }),

    simulate: (ctx: Ctx, id: string, trial: RouteTrial): Promise<RouteOutcome> =>
      db.tenant(ctx, async (tx) => {
        const model = await own(tx, id)
        const route = trial.route ?? storedRoute(model)
        const facts = await factsOf(tx)
        const price = priceInForce(model.prices, now())
        const deployments = model.deployments.map((one): SimulatedDeployment => {
          const { connection_id: connectionId, upstream_model: upstreamModel } = one
          const fact = facts.get(connectionId)
          const isActive = fact?.status === 'active'
          return {
            connectionId,
            connection: one.connection_name,
            upstreamModel,
            candidate: candidateOf(
              route,
              { connectionId, upstreamModel },
              isActive,
              price && slicePriceOf(price),
              fact?.down_since === null,
            ),
            load: loads(connectionId, upstreamModel),
            maxRetries: fact?.max_retries ?? 0,
            fails:
              trial.failing.find((f) => f.connectionId === connectionId && f.upstreamModel === upstreamModel)?.with ??
              null,
          }
        })
        return simulateRoute(model.name, route, deployments, askOf(trial))
      }),
  }
}

const factsOf = async (tx: Tx) => new Map((await modelRepository(tx).connectionFacts()).map((one) => [one.id, one]))

const storedRoute = ({ route }: StoredModel): ModelRoute => (route === null ? defaultRoute : ModelRoute.parse(route))

const askOf = ({ inputTokens, outputTokensMax, session, chance }: RouteTrial) => ({
  inputTokens,
  outputTokens: outputTokensMax,
  sticky: session === undefined ? null : identityOf(session) / 0x1_0000_0000,
  random: chance,
  turn: Math.floor(chance * 100),
})

const stateOf = ({
  busy,
  latencyMs,
  failures,
  blocked,
  blockedUntil,
}: NonNullable<ReturnType<DeploymentLoads>>): DeploymentState => ({
  busy,
  latencyMs: latencyMs === null ? null : Math.round(latencyMs),
  failures,
  blocked,
  blockedUntil: blocked === null ? null : new Date(blockedUntil).toISOString(),
})

const wrongDeployments = (model: StoredModel, { deployments }: ModelRoute): FieldError[] => {
  const names = deployments.map(({ connectionId, upstreamModel }) => `${connectionId} ${upstreamModel}`)
  const known = new Set(model.deployments.map((d) => `${d.connection_id} ${d.upstream_model}`))
  const errors = names.flatMap((name, at): FieldError[] => {
    if (names.indexOf(name) < at) return [{ pointer: `/deployments/${at}`, detail: 'is named twice' }]
    return known.has(name) ? [] : [{ pointer: `/deployments/${at}`, detail: 'is not a deployment of this model' }]
  })
  const canaries = deployments.filter(({ canaryPercent }) => canaryPercent !== null).length
  if (errors.length === 0 && canaries > 0 && canaries >= known.size)
    errors.push({ pointer: '/deployments', detail: 'one deployment must be no canary: it takes the rest of the calls' })
  return errors
}

/** An account may fall back to whatever it may name in a key, the platform to its own models. */
const wrongFallbacks = async (tx: Tx, model: StoredModel, { fallbacks }: ModelRoute): Promise<FieldError[]> => {
  if (fallbacks.length === 0) return []
  const known = new Set(await modelRepository(tx).names('all'))
  return fallbacks.flatMap(({ model: name }, at): FieldError[] => {
    const pointer = `/fallbacks/${at}/model`
    if (name === model.name) return [{ pointer, detail: 'is the model itself' }]
    return known.has(name) ? [] : [{ pointer, detail: 'is no model of the catalog' }]
  })
}

/** Prompts of an account are copied, and paid for, because that account wants it: the platform copies nobody's. */
const wrongShadow = async (tx: Tx, model: StoredModel, { shadow }: ModelRoute): Promise<FieldError[]> => {
  if (!shadow) return []
  if (model.account_id === platformAccount)
    return [{ pointer: '/shadow', detail: 'is only for models of an account: it pays for the copies' }]
  const models = modelRepository(tx)
  const errors: FieldError[] = []
  if (shadow.model === model.name) errors.push({ pointer: '/shadow/model', detail: 'is the model itself' })
  else if (!(await models.names('all')).includes(shadow.model))
    errors.push({ pointer: '/shadow/model', detail: 'is no model of the catalog' })
  if (!(await models.hasKey(shadow.keyId)))
    errors.push({ pointer: '/shadow/keyId', detail: 'is no key of the account' })
  return errors
}
