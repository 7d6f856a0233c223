import type { Exporter } from '@cockpit/contract/exporters'
import type { Selectable } from 'kysely'
import {
  type Clock,
  createRounds,
  type DB,
  type Db,
  type Log,
  platformAccount,
  retryAfterMs,
  type Sealing,
  systemCtx,
} from '../../platform/index.ts'
import { deliveriesOf } from './kinds.ts'
import { masked } from './masked.ts'
import type { ExportedRequest, Send, UsageFeed } from './port.ts'
import { exporterRepository, present } from './repository.ts'

type Deps = {
  db: Db
  now: Clock
  log: Log
  secrets: Pick<Sealing, 'open'>
  feed: UsageFeed
  send: Send
  privateTargets: (accountId: string) => boolean
  /** How often the order of booking is looked through. */
  everyMs?: number
}
/** A sealed secret opens for this exporter only. */
export const secretContext = (accountId: string, id: string) => `${accountId}|${id}|exporter`

const batchRequests = 500
const claimMs = 120_000
const exportersAtOnce = 10

/**
 * Sends each exporter what was booked behind its cursor, and moves the cursor when it was taken. A receiver may see a
 * request twice, after a crash between the two, and never misses one.
 */
export const createDelivery = ({ db, now, log, secrets, feed, send, privateTargets, everyMs = 2_000 }: Deps) => {
  /** True when there is more. */
  const sendTo = async (row: Selectable<DB['exporters']>, horizon: bigint): Promise<boolean> => {
    const { account_id: accountId, id, cursor_seq: from } = row
    const whose = accountId === platformAccount ? null : accountId
    const found = await feed.read(whose, from, horizon, batchRequests)
    const isFull = found.length === batchRequests
    const to = (isFull ? found.at(-1)?.seq : null) ?? horizon
    const requests = found.map(({ request }) => withContent(request, row.content as Exporter['content']))
    const secret = row.sealed_secret && secrets.open(row.sealed_secret, secretContext(accountId, id))
    let wrong: string | null = null
    if (requests.length > 0)
      for (const one of deliveriesOf(present(row), secret, requests, { accountId, from, to, at: now() }))
        wrong ??= await send({ ...one, privateTargets: privateTargets(accountId) })
    const at = now()
    const taken = {
      ...{
        cursor_seq: to,
        sent: row.sent + BigInt(requests.length),
        failures: 0,
        last_error: null,
        next_attempt_at: at,
      },
      ...(requests.length > 0 && { last_delivered_at: at }),
    }
    const refused = {
      ...{ failures: row.failures + 1, last_error: wrong },
      next_attempt_at: new Date(at.getTime() + retryAfterMs(row.failures)),
    }
    const fields = { ...(wrong === null ? taken : refused), claimed_until: null }
    await db.tenant(systemCtx('exporters', accountId), (tx) => exporterRepository(tx).update(accountId, id, fields))
    return wrong === null && isFull
  }

  /** One round over everything that is due; true when there is more. */
  const round = async (): Promise<boolean> => {
    const platform = systemCtx('exporters')
    if (!(await db.platform(platform, (tx) => exporterRepository(tx).anyDue(now())))) return false
    const horizon = await feed.horizon()
    const until = new Date(now().getTime() + claimMs)
    const due = await db.platform(platform, (tx) =>
      exporterRepository(tx).claim(now(), until, horizon, exportersAtOnce),
    )
    const more = await Promise.all(
      due.map((row) =>
        sendTo(row, horizon).catch((error: unknown) => {
          log.error({ err: error, exporterId: row.id }, 'requests not exported; tried again when the claim ends')
          return false
        }),
      ),
    )
    return due.length === exportersAtOnce || more.includes(true)
  }

  const onFailure = (error: unknown) => log.warn({ err: error }, 'exporters not looked through')
  return { round, ...createRounds({ round, everyMs, onFailure }) }
}

const withContent = (request: ExportedRequest, content: Exporter['content']): ExportedRequest => {
  if (content === 'none' || request.content === null) return { ...request, content: null }
  if (content === 'whole') return request
  const { content: told } = request
  return { ...request, content: { ...told, request: masked(told.request), response: masked(told.response) } }
}
