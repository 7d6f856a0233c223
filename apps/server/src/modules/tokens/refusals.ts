/** Refused tokens and sign-ins: written down together a moment later, for whoever looks for the reason. */
import type { TokenRefusal } from '@cockpit/contract/tokens'
import { type Clock, type Ctx, type Db, type Log, newId, Problem, sha256Hex, systemCtx } from '../../platform/index.ts'
import type { Refused, RefusedAtProvider } from './port.ts'
import {
  type NewRefusal,
  type Position,
  type RefusalFilter,
  type RefusalRow,
  refusalRepository,
} from './refusals-repository.ts'

export type Place = 'api' | 'gateway'

const keptMax = 500
const waitingMax = 200
const flushAfterMs = 1_000
const claimsCharsMax = 4_000

export const createRefusals = ({ db, now, log }: { db: Db; now: Clock; log: Log }) => {
  const waiting = new Map<string, NewRefusal>()
  let timer: NodeJS.Timeout | null = null
  let flushing: Promise<void> = Promise.resolve()

  const write = async () => {
    const rows = [...waiting.values()]
    waiting.clear()
    if (rows.length === 0) return
    await db.platform(systemCtx('token diagnostics'), async (tx) => {
      await refusalRepository(tx).add(rows)
      await refusalRepository(tx).trim(keptMax)
    })
  }
  const flush = (): Promise<void> => {
    if (timer) clearTimeout(timer)
    timer = null
    flushing = flushing
      .then(write)
      .catch((error: unknown) => log.warn({ err: error }, 'refused tokens not written down'))
    return flushing
  }

  const keep = ({ detail, claims, ...facts }: Facts) => {
    // what it claims, whom it names and its request may change; what went wrong where is the same
    const { email: _, request_id, ...same } = facts
    const fingerprint = sha256Hex(JSON.stringify(same))
    const at = now()
    const known = waiting.get(fingerprint)
    // strangers can invent tokens without end: the log has them all, the table those that fit
    if (!known && waitingAt(facts.place) >= waitingMax) return
    waiting.set(fingerprint, {
      ...{ id: newId('tkr', at), fingerprint, at, first_at: known?.first_at ?? at, times: (known?.times ?? 0n) + 1n },
      ...{ ...facts, detail: detail.slice(0, 500), claims: bounded(claims) },
    })
    timer ??= setTimeout(() => void flush(), flushAfterMs).unref()
  }
  const waitingAt = (place: string) => [...waiting.values()].filter((row) => row.place === place).length

  return {
    note(place: Place, { reason, detail, seen }: Refused) {
      const { claims, issuer, kid, algorithm, audience, subject, client } = seen
      log.info({ place, reason, detail, issuer, kid, audience, subject, client }, 'token refused')
      keep({
        ...{ place, reason, detail, issuer, kid, algorithm, audience: [...audience], subject, client, claims },
        ...{ email: null, provider_account: null, request_id: null },
      })
    },
    /** What the log has been told already. */
    noteAtProvider({ providerAccount, requestId, ...refused }: RefusedAtProvider) {
      const facts = {
        provider_account: providerAccount,
        request_id: requestId,
        kid: null,
        algorithm: null,
        audience: [],
      }
      keep({ ...refused, ...facts })
    },
    flush,
    /** The last ones, newest first, with those that are not written down yet. */
    async page(ctx: Ctx, { limit, after, ...filter }: RefusalFilter & { limit: number; after?: string | undefined }) {
      await flush()
      const from = after === undefined ? undefined : placeOf(after)
      return db.platform(ctx, async (tx) => {
        const rows = await refusalRepository(tx).page(limit, from, filter)
        const shown = rows.slice(0, limit)
        const last = rows.length > limit ? shown.at(-1) : undefined
        return {
          items: shown.map(present),
          next: last ? `${last.at.getTime()}.${last.id}` : null,
          total: await refusalRepository(tx).count(filter),
        }
      })
    },
  }
}
type Facts = Omit<NewRefusal, 'id' | 'fingerprint' | 'at' | 'first_at' | 'times'>
export type Refusals = ReturnType<typeof createRefusals>

/** A refusal moves up when it happens again, so a page ends at an instant and not at an id alone. */
const placeOf = (after: string): Position => {
  const [, at, id] = /^(\d{1,15})\.(\w{1,64})$/.exec(after) ?? []
  if (at !== undefined && id !== undefined) return { at: new Date(Number(at)), id }
  const detail = 'is not the `next` of a page of this list'
  throw new Problem('input.invalid', `'after' in the query: ${detail}`, { errors: [{ pointer: '/after', detail }] })
}

/** Claims as they came, unless somebody fills them to fill our table. */
const bounded = (claims: Record<string, unknown>): Record<string, unknown> => {
  const text = JSON.stringify(claims).replaceAll('\\u0000', '')
  return text.length <= claimsCharsMax ? JSON.parse(text) : { truncated: text.slice(0, claimsCharsMax) }
}

const present = (row: RefusalRow): TokenRefusal => ({
  id: row.id,
  at: row.at.toISOString(),
  firstAt: row.first_at.toISOString(),
  times: Number(row.times),
  place: row.place as TokenRefusal['place'],
  reason: row.reason as TokenRefusal['reason'],
  detail: row.detail,
  issuer: row.issuer,
  kid: row.kid,
  algorithm: row.algorithm,
  audience: row.audience,
  subject: row.subject,
  client: row.client,
  email: row.email,
  providerAccount: row.provider_account,
  requestId: row.request_id,
  claims: row.claims as Record<string, unknown>,
})
