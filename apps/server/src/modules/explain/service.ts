import type { EffectiveAllocation } from '@cockpit/contract/budgets'
import type { Effective, ExplainInput, Explanation } from '@cockpit/contract/explain'
import { decimalOf } from '@cockpit/contract/money'
import type { RouteCandidate } from '@cockpit/contract/routing'
import {
  type AccountWorld,
  type BudgetFigures,
  budgetDenial,
  budgetStep,
  type CallPlan,
  candidatesInWords,
  concealed,
  countedTags,
  type Denial,
  explanationOf,
  holdFor,
  idle,
  inputDenial,
  leftOf,
  type NodeFigures,
  needsOf,
  orderRoute,
  type Principal,
  planCall,
  priceAt,
  rateDenial,
  rateStep,
  remainingOf,
  routeOf,
} from '@cockpit/policy'
import { type Clock, type Ctx, type Db, Problem } from '../../platform/index.ts'
import type { ExplainPorts } from './port.ts'

export type Explain = ReturnType<typeof createExplain>

export const createExplain = ({ db, now, ports }: { db: Db; now: Clock; ports: ExplainPorts }) => {
  const accountOf = (ctx: Ctx): AccountWorld => {
    const account = ports.world().accounts.get(ctx.accountId)
    if (!account)
      throw new Problem(
        'internal.unavailable',
        `Account '${ctx.accountId}' is not published yet; try again in a second.`,
      )
    return account
  }
  const figuresOf = async (ctx: Ctx, plan: CallPlan): Promise<NodeFigures[]> => {
    const figures = await db.tenant(ctx, (tx) => ports.figures(tx, plan.payer?.path ?? []))
    return figures.map((figure) => ({ ...figure, remaining: leftWithLeases(figure, plan) }))
  }

  /** The ledger counts a lease as held, but to the next call it is there. */
  const leftWithLeases = (figure: BudgetFigures, plan: CallPlan): bigint => {
    const { nodeId, held, unallocated } = figure
    const { all, own } = ports.leaseRoom(nodeId)
    const free = { ...figure, held: held - all, ...(unallocated !== undefined && { unallocated: unallocated + own }) }
    return leftOf(free, nodeId === plan.payer?.fundingNodeId)
  }

  return {
    async explain(
      ctx: Ctx,
      { principal, model, needs, tags, inputTokens, outputTokensMax }: ExplainInput,
    ): Promise<Explanation> {
      const account = accountOf(ctx)
      const at = now().getTime()
      const plan = planCall(
        account,
        principalOf(account, principal),
        model,
        at,
        needsOf(needs),
        countedTags(account, tags),
      )
      const figures = await figuresOf(ctx, plan)
      const { steps, denied } = judge(plan, figures, { inputTokens, outputTokensMax }, at)
      const own = new Set(account.slice.connections.map((connection) => connection.id))
      const { trace } = concealed(plan.trace, (id) => !ctx.actor.isPlatform && !own.has(id))
      const candidates = candidatesOf(
        plan,
        { inputTokens, outputTokens: outputTokensMax },
        (id) => !ctx.actor.isPlatform && !own.has(id),
      )
      return { ...explanationOf({ trace, model, steps, figures, denied, at }), candidates }
    },

    async effective(ctx: Ctx): Promise<Effective> {
      const account = accountOf(ctx)
      const principal = callerOf(account, ctx)
      const at = now().getTime()
      const key = principal.kind === 'key' ? principal.key : null
      const models = [...account.models.values()].filter(
        (m) => m.effective && (key?.models?.includes(m.model.name) ?? true),
      )
      // any model gives the same payer: who pays does not depend on what is called
      const plan = planCall(account, principal, models[0]?.model.name ?? '', at)
      const figures = await figuresOf(ctx, plan)
      const { budget, principal: who } = explanationOf({
        trace: plan.trace,
        model: '',
        steps: [],
        figures,
        denied: null,
        at,
      })
      const kinds = new Map([...account.platform.connections, ...account.slice.connections].map((c) => [c.id, c.kind]))
      return {
        principal: who,
        accountId: ctx.accountId,
        models: (isBarred(plan) ? [] : models).map(({ model }) => {
          const price = priceAt(model.prices, at)
          return {
            name: model.name,
            displayName: model.displayName,
            capabilities: model.capabilities,
            contextTokens: model.contextTokens,
            outputTokensMax: model.outputTokensMax,
            // pico-dollars a token are micro-dollars a million tokens
            prices: { input: decimalOf(BigInt(price?.input ?? 0)), output: decimalOf(BigInt(price?.output ?? 0)) },
            demo: model.deployments.every((d) => kinds.get(d.connectionId) === 'demo'),
          }
        }),
        budget: budget ?? noBudget(plan),
        limits: plan.rateScopes.map(({ type, id, rpm, tpm }) => ({ scope: { type, id }, limits: { rpm, tpm } })),
        logContent: account.slice.account.logContent,
      }
    },
  }

  function candidatesOf(
    plan: CallPlan,
    tokens: { inputTokens: number; outputTokens: number },
    hides: (connectionId: string) => boolean,
  ): RouteCandidate[] {
    if (!plan.model) return []
    const route = routeOf(plan.model)
    const named = [...plan.deployments, ...plan.resting].map(({ connection, upstreamModel, candidate }) => ({
      connectionId: connection.id,
      connection: hides(connection.id) ? connection.kind : connection.name,
      upstreamModel,
      candidate,
      load: ports.load(connection.id, upstreamModel),
    }))
    const order = orderRoute(
      route,
      named.map(({ candidate }) => candidate),
      named.map(({ load }) => load ?? idle),
      { ...tokens, sticky: null, random: someDice, turn: 0 },
    )
    return candidatesInWords(route, named, order)
  }

  function judge(
    plan: CallPlan,
    figures: NodeFigures[],
    tokens: { inputTokens: number; outputTokensMax: number },
    at: number,
  ) {
    const rates = ports.rates(plan)
    const steps = [rateStep(rates)]
    const blocked = rates.find((rate) => !rate.fits)
    let denied: Denial | null =
      plan.denied ?? inputDenial(plan, tokens.inputTokens) ?? (blocked ? rateDenial(blocked, at) : null)
    const hold = holdFor(plan, tokens.inputTokens, tokens.outputTokensMax)
    if (hold !== null && plan.payer) {
      const short = figures.find((figure) => remainingOf(figure) < hold)?.nodeId ?? null
      steps.push(budgetStep(plan, figures, hold, short))
      if (short) denied ??= budgetDenial(plan, figures, hold, short)
    }
    return { steps, denied }
  }
}

/** A call that was not made has no dice of its own; the same question is answered the same. */
const someDice = 0.5

const principalOf = (account: AccountWorld, { kind, id }: ExplainInput['principal']): Principal => {
  if (kind === 'key') {
    const key = account.slice.keys.find((item) => item.id === id)
    if (key) return { kind, key }
    throw new Problem('key.not_found', `No key '${id}'.`)
  }
  if (kind === 'user') {
    const user = account.users.get(id)
    if (user) return { kind, user }
    throw new Problem('user.not_found', `No user '${id}'.`)
  }
  const serviceAccount = account.serviceAccounts.get(id)
  if (serviceAccount) return { kind, serviceAccount }
  throw new Problem('service_account.not_found', `No service account '${id}'.`)
}

const callerOf = (account: AccountWorld, { actor }: Ctx): Principal => {
  if (actor.kind === 'key' || actor.kind === 'user') {
    const found =
      actor.kind === 'key' ? account.slice.keys.find((key) => key.id === actor.id) : account.users.get(actor.id)
    if (found) return principalOf(account, { kind: actor.kind, id: actor.id })
  }
  throw new Problem(
    'access.denied',
    'Only a member of the account or a virtual key has effective models; join the account first.',
  )
}

/** The caller itself is refused, whatever it asks for. */
const isBarred = ({ denied }: CallPlan) => denied !== null && /^(account|user|principal|key)\./.test(denied.code)

const noBudget = (plan: CallPlan): EffectiveAllocation => ({
  payer: null,
  limit: null,
  remaining: null,
  source: plan.trace.budget?.source ?? 'No budget applies.',
  chain: [],
  cycle: null,
  factor: plan.factor,
})
