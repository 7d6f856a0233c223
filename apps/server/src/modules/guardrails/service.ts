import { GuardrailVerdict } from '@cockpit/contract/guardrail-checks'
import {
  type Guardrail,
  type GuardrailPatch,
  type GuardrailPreview,
  type GuardrailReport,
  type GuardrailSeries,
  type GuardrailTest,
  guardrailsMax,
  type NewGuardrail,
} from '@cockpit/contract/guardrails'
import type { SliceGuardrail } from '@cockpit/contract/snapshot'
import { readUsageLine } from '@cockpit/contract/usage-line'
import { guardrailsFor } from '@cockpit/policy'
import { z } from 'zod'
import { type Clock, type Ctx, changesOf, type Db, newId, Problem, type Tx } from '../../platform/index.ts'
import {
  draftOf,
  previewOutcome,
  requireServices,
  requireUsable,
  seriesStep,
  sliceGuardrailOf,
  testReport,
} from './model.ts'
import type { Connections, Inspect, JudgeOutside, KeptRequests } from './port.ts'
import { guardrailRepository } from './repository.ts'
import { serviceRepository, sliceServiceOf, wrongField } from './services.repository.ts'
import { verdictRepository } from './verdicts.repository.ts'

type Deps = {
  db: Db
  now: Clock
  keptRequests: KeptRequests
  inspect: Inspect
  connections: Connections
  judgeOutside: JudgeOutside
}
type Preview = Pick<SliceGuardrail, 'checks' | 'onFailure' | 'scope'> & { last: number }
type VerdictQuery = Parameters<ReturnType<typeof verdictRepository>['page']>[0]

const shownMax = 20
const outsideCasesMax = 100
const dayMs = 86_400_000

export const createGuardrails = ({ db, now, keptRequests, inspect, connections, judgeOutside }: Deps) => {
  const hold = async (tx: Tx, id: string): Promise<Guardrail> => (await guardrailRepository(tx).hold(id)) ?? missing()

  return {
    list: (ctx: Ctx): Promise<{ items: Guardrail[] }> =>
      db.tenant(ctx, async (tx) => ({ items: await guardrailRepository(tx).all() })),

    get: (ctx: Ctx, id: string): Promise<Guardrail> =>
      db.tenant(ctx, async (tx) => (await guardrailRepository(tx).find(id)) ?? missing()),

    async create(ctx: Ctx, input: NewGuardrail): Promise<Guardrail> {
      requireUsable(input.checks)
      return db.tenant(ctx, async (tx) => {
        // two at once must not both see the last free place, and what it asks must not go away meanwhile
        await tx.lock(`guardrails:${ctx.accountId}`)
        requireServices(input.checks, await serviceRepository(tx).all())
        if ((await guardrailRepository(tx).all()).length >= guardrailsMax)
          throw new Problem(
            'guardrail.limit_reached',
            `The account has ${guardrailsMax} guardrails; delete one, or put more checks into one.`,
          )
        const id = newId('grd', now())
        await guardrailRepository(tx).insert({ ...input, id, at: now() })
        const guardrail = await hold(tx, id)
        await tx.emit('guardrail.created', { subject: subjectOf(guardrail), after: told(guardrail) })
        return guardrail
      })
    },

    async update(ctx: Ctx, id: string, patch: GuardrailPatch): Promise<Guardrail> {
      if (patch.checks) requireUsable(patch.checks)
      return db.tenant(ctx, async (tx) => {
        await tx.lock(`guardrails:${ctx.accountId}`)
        const before = await hold(tx, id)
        requireServices(patch.checks ?? [], await serviceRepository(tx).all())
        const changes = changesOf(told(before), patch)
        if (!changes) return before
        await guardrailRepository(tx).update(id, { ...told(before), ...changes.after }, now())
        const guardrail = await hold(tx, id)
        await tx.emit('guardrail.updated', { subject: subjectOf(guardrail), ...changes })
        return guardrail
      })
    },

    remove: (ctx: Ctx, id: string): Promise<void> =>
      db.tenant(ctx, async (tx) => {
        const guardrail = await hold(tx, id)
        await guardrailRepository(tx).remove(id)
        await tx.emit('guardrail.deleted', { subject: subjectOf(guardrail), before: told(guardrail) })
      }),

    async test(ctx: Ctx, input: GuardrailTest): Promise<GuardrailReport> {
      requireUsable(input.checks)
      if (!input.checks.some(({ kind }) => kind === 'external')) return testReport(input)
      if (input.cases.length > outsideCasesMax)
        throw wrongField('cases', `may be ${outsideCasesMax} at most where a service is asked about each`)
      const { services, known } = await db.tenant(ctx, async (tx) => ({
        services: await serviceRepository(tx).all(),
        known: await connections(tx),
      }))
      requireServices(input.checks, services)
      const draft = draftOf(input, { type: 'account' })
      return testReport(input, judgeOutside(draft, services.map(sliceServiceOf), known))
    },

    async preview(ctx: Ctx, { last, scope, ...draft }: Preview): Promise<GuardrailPreview> {
      requireUsable(draft.checks)
      const guardrail = draftOf(draft, scope)
      const { kept, requests } = await db.tenant(ctx, (tx) => keptRequests(tx, last))
      const here = requests.filter((one) => guardrailsFor([guardrail], one).length > 0)
      const hits = here.flatMap((one) => {
        const verdicts = inspect(guardrail, one)
        return verdicts.length === 0 ? [] : [{ one, verdicts: [...verdicts], outcome: previewOutcome(verdicts) }]
      })
      const count = (outcome: ReturnType<typeof previewOutcome>) => hits.filter((hit) => hit.outcome === outcome).length
      return {
        contentKept: kept,
        looked: here.length,
        changed: count('changed'),
        blocked: count('blocked'),
        noticed: count('noticed'),
        requests: hits
          .slice(0, shownMax)
          .map(({ one: { id, at, model }, ...said }) => ({ id, at: at.toISOString(), model, ...said })),
      }
    },

    verdicts: (ctx: Ctx, query: VerdictQuery) => db.tenant(ctx, (tx) => verdictRepository(tx).page(query)),

    series: (
      ctx: Ctx,
      query: { guardrailId?: string | undefined; from?: string | undefined; to?: string | undefined },
    ): Promise<GuardrailSeries> => {
      const to = query.to ? new Date(query.to) : now()
      const from = query.from ? new Date(query.from) : new Date(to.getTime() - 7 * dayMs)
      if (to <= from || to.getTime() - from.getTime() > 90 * dayMs)
        throw new Problem('input.invalid', "'from' in the query: must lie before 'to', by 90 days at most.", {
          errors: [{ pointer: '/from', detail: "must lie before 'to', by 90 days at most" }],
        })
      const stepSeconds = seriesStep(from, to)
      return db.tenant(ctx, async (tx) => {
        const rows = await verdictRepository(tx).series(query.guardrailId, from, to, stepSeconds)
        return { stepSeconds, points: filled(rows, from, to, stepSeconds * 1_000) }
      })
    },

    /** What gateways must know; nothing for accounts without guardrails. */
    async slice(tx: Tx): Promise<SliceGuardrail[] | undefined> {
      const active = (await guardrailRepository(tx).all()).filter(({ status }) => status === 'active')
      return active.length > 0 ? active.map(sliceGuardrailOf) : undefined
    },

    /** Keeps what was said about calls, from the lines in which they are booked. */
    async book(tx: Tx, lines: Buffer): Promise<void> {
      if (!lines.includes(verdictMark)) return
      for (const line of lines.toString().split('\n')) {
        if (!line.includes(verdictMark)) continue
        const { id, at, verdicts } = Booked.parse(readUsageLine(line))
        if (verdicts && verdicts.length > 0) await verdictRepository(tx).insert(id, new Date(at), verdicts)
      }
    },
  }
}
export type Guardrails = ReturnType<typeof createGuardrails>

/** In a text of a caller its quotes would be escaped. */
const verdictMark = '"verdicts":['
const Booked = z.object({ id: z.string(), at: z.number(), verdicts: z.array(GuardrailVerdict).optional() })

/** One point a step, with zeros where nothing happened. */
const filled = (
  rows: readonly { at: Date; blocked: number; masked: number; noticed: number }[],
  from: Date,
  to: Date,
  stepMs: number,
): GuardrailSeries['points'] => {
  const known = new Map(rows.map((row) => [row.at.getTime(), row]))
  const points: GuardrailSeries['points'] = []
  for (let at = Math.floor(from.getTime() / stepMs) * stepMs; at < to.getTime(); at += stepMs) {
    const { blocked, masked, noticed } = known.get(at) ?? { blocked: 0, masked: 0, noticed: 0 }
    points.push({ at: new Date(at).toISOString(), blocked, masked, noticed })
  }
  return points
}

const missing = (): never => {
  throw new Problem('guardrail.not_found', 'There is no such guardrail.')
}

const subjectOf = ({ id, name }: Guardrail) => ({ type: 'guardrail', id, name })

/** The fields that its story compares. */
const told = ({ name, description, status, scope, position, onFailure, checks }: Guardrail): NewGuardrail => ({
  name,
  description,
  status,
  scope,
  position,
  onFailure,
  checks,
})
