import type { ZitadelHealth } from '@cockpit/contract/zitadel-shapes'
import { z } from 'zod'
import { type Ctx, Problem, systemCtx } from '../../platform/index.ts'
import type { Deps } from './deps.ts'
import type { Effects } from './effects.ts'
import { required, wordsOf } from './failing.ts'
import { feedRepository } from './feed-repository.ts'
import { heardTypes } from './model.ts'
import type { ZitadelEvent } from './port.ts'
import { signatureFault } from './signature.ts'

export type HearingDeps = Deps & { webhookKeys: readonly string[]; publicUrl: string }
type Heard = 'accepted' | 'duplicate' | 'ignored'

const pageSize = 500
const pagesMax = 20
/** Read again at each poll: events become visible in another order than the one they happened in. */
const overlapMs = 60_000
/** How far back the first poll looks. */
const firstLookMs = 60 * 60_000
const keptMs = 30 * 24 * 60 * 60_000
/** A stranger who sends wrong signatures does not make the database work for each. */
const refusalEveryMs = 1_000
const failuresShown = 10

const Delivery = z.object({
  aggregateID: z.string().min(1).max(200),
  aggregateType: z.string().min(1).max(100),
  resourceOwner: z.string().max(200).default(''),
  sequence: z.union([z.number().int().nonnegative(), z.string().regex(/^\d{1,19}$/)]).transform(BigInt),
  event_type: z.string().min(1).max(200),
  created_at: z.iso.datetime({ offset: true }),
  event_payload: z.record(z.string(), z.unknown()).nullish(),
})

export const createHearing = (deps: HearingDeps, effects: Effects) => {
  const { db, now, api, log, webhookKeys } = deps
  const platform = systemCtx('zitadel')
  const refusals = { times: 0, told: 0 }

  const refuse = async (why: string): Promise<never> => {
    refusals.times++
    if (now().getTime() - refusals.told > refusalEveryMs) {
      const { times } = refusals
      Object.assign(refusals, { times: 0, told: now().getTime() })
      log.warn({ why, times }, 'webhook of Zitadel refused')
      await db.platform(platform, (tx) => feedRepository(tx).refused(times, why, now()))
    }
    throw new Problem('zitadel.signature_refused', 'The signature does not fit.')
  }

  /** Keeps the event and does what it means, both or neither; the second time it is known and nothing happens. */
  const hear = (event: ZitadelEvent, via: 'webhook' | 'poll'): Promise<Heard> =>
    db.platform(platform, async (tx) => {
      // of two deliveries at once the second waits, and then finds the first
      await tx.lock(`zitadel:${event.aggregateType}:${event.aggregateId}`)
      const feed = feedRepository(tx)
      const isNew = await feed.insert(event, via, now())
      if (via === 'webhook') await feed.heard(event.type, now(), isNew)
      if (!isNew) return 'duplicate'
      const outcome = await effects(tx, event)
      await feed.setOutcome(event, outcome, null)
      return 'accepted'
    })

  /** What could not be applied is kept with that, and tried again by the next poll. */
  const heardOrFailed = async (event: ZitadelEvent, via: 'webhook' | 'poll'): Promise<Heard> => {
    try {
      return await hear(event, via)
    } catch (error) {
      log.error({ err: error, type: event.type, via }, 'event of Zitadel not applied')
      const problem = 'It could not be applied; the log of Cockpit tells why. The next poll tries again.'
      await db.platform(platform, async (tx) => {
        if (await feedRepository(tx).insert(event, via, now()))
          await feedRepository(tx).setOutcome(event, 'failed', problem)
      })
      throw error
    }
  }

  const health = async (ctx: Ctx): Promise<ZitadelHealth> =>
    db.platform(ctx, async (tx) => {
      const feed = feedRepository(tx)
      const row = await feed.feed()
      const failures = await feed.failures(failuresShown)
      return {
        client: {
          configured: api !== null,
          baseUrl: api?.baseUrl ?? null,
          credentials: api?.credentials ?? 'none',
        },
        webhook: {
          configured: webhookKeys.length > 0,
          url: `${deps.publicUrl}/v1/webhooks/zitadel`,
          lastReceivedAt: row.webhook_at?.toISOString() ?? null,
          lastEventType: row.webhook_type,
          received: Number(row.webhooks),
          duplicates: Number(row.duplicates),
          refused: Number(row.refused),
          lastRefusedAt: row.refused_at?.toISOString() ?? null,
          lastRefusal: row.refusal,
        },
        poll: {
          lastAt: row.polled_at?.toISOString() ?? null,
          lastProblem: row.poll_problem,
          cursorAt: row.cursor_at?.toISOString() ?? null,
          lastSequence: row.cursor_sequence?.toString() ?? null,
          found: Number(row.poll_found),
        },
        waiting: await feed.waiting(),
        failures: failures.map(({ received_at, type, problem }) => ({
          at: received_at.toISOString(),
          eventType: type,
          message: problem ?? '',
        })),
      }
    })

  /** One page, each event for itself; answers how many were news, and the first that could not be applied. */
  const hearAll = async (events: readonly ZitadelEvent[]) => {
    let found = 0
    let failed: ZitadelEvent | null = null
    for (const event of events) {
      try {
        if ((await heardOrFailed(event, 'poll')) === 'accepted') found++
      } catch {
        failed ??= event
      }
    }
    return { found, failed }
  }

  /** Reads on from the cursor, which never passes an event that could not be applied. */
  const poll = async (): Promise<void> => {
    if (!api) return
    const { cursor_at: cursor } = await db.platform(platform, (tx) => feedRepository(tx).feed())
    const told = (change: Parameters<ReturnType<typeof feedRepository>['polled']>[1]) =>
      db.platform(platform, (tx) => feedRepository(tx).polled(now(), change))
    let from = new Date(cursor ? cursor.getTime() - overlapMs : now().getTime() - firstLookMs)
    let stuckAt: ZitadelEvent | null = null
    for (let page = 0; page < pagesMax; page++) {
      const startedAt = now()
      const events = await api.events(from, heardTypes, pageSize).catch((error: unknown) => {
        const problem = wordsOf(error)
        if (problem === null) throw error
        return told({ problem }).then(() => null)
      })
      if (events === null) return
      const { found, failed } = await hearAll(events)
      stuckAt ??= failed
      const last = events.at(-1)
      const problem = stuckAt && `${stuckAt.type} of ${stuckAt.at.toISOString()} could not be applied.`
      await told({ problem, found, cursor: stuckAt ? { at: stuckAt.at } : (last ?? { at: startedAt }) })
      if (!last || events.length < pageSize) return
      // the filter leaves out the moment itself, at which more may have happened
      from = new Date(Math.max(last.at.getTime() - 1, from.getTime() + 1))
    }
  }

  return {
    health,
    poll,
    async webhook(rawBody: Buffer | null, signature: string | string[] | undefined): Promise<{ status: Heard }> {
      const body = rawBody ?? Buffer.alloc(0)
      const fault = signatureFault(signature, body, webhookKeys, now())
      if (fault) return refuse(fault)
      const delivery = Delivery.safeParse(parsed(body))
      if (!delivery.success)
        throw new Problem('input.invalid', `This is not an event of Zitadel: ${delivery.error.issues[0]?.message}.`)
      const { data } = delivery
      if (!heardTypes.includes(data.event_type)) return { status: 'ignored' }
      const event: ZitadelEvent = {
        type: data.event_type,
        aggregateType: data.aggregateType,
        aggregateId: data.aggregateID,
        sequence: data.sequence,
        resourceOwner: data.resourceOwner,
        at: new Date(data.created_at),
        payload: data.event_payload ?? {},
      }
      return { status: await heardOrFailed(event, 'webhook') }
    },
    /** What a super admin asks for: the poll now, and what it came to. */
    async pollNow(ctx: Ctx): Promise<ZitadelHealth> {
      required(api)
      await poll()
      await db.platform(ctx, (tx) =>
        tx.emit('zitadel.polled', { subject: { type: 'zitadel', id: 'feed', name: 'Events of Zitadel' } }),
      )
      return health(ctx)
    },
    forget: () => db.platform(platform, (tx) => feedRepository(tx).forget(new Date(now().getTime() - keptMs))),
  }
}
export type Hearing = ReturnType<typeof createHearing>

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new Problem('input.malformed', 'The body is not valid JSON.')
  }
}
