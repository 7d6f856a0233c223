import type { AuditDelivery } from '@cockpit/contract/audit'
import {
  type Clock,
  type Ctx,
  createRounds,
  type Db,
  type Log,
  platformAccount,
  retryAfterMs,
  type Sealing,
  signedJsonHeaders,
  systemCtx,
} from '../../platform/index.ts'
import { checkpointRepository } from './checkpoints-repository.ts'
import { secretContext } from './destinations.ts'
import { type DueDestination, destinationRepository } from './destinations-repository.ts'
import type { Deliver } from './port.ts'
import { auditRepository } from './repository.ts'

export type DeliveryDeps = {
  db: Db
  now: Clock
  log: Log
  secrets: Pick<Sealing, 'open'>
  deliver: Deliver
  privateTargets: (accountId: string) => boolean
  /** How often destinations are looked through; events change hands within about this time. */
  everyMs?: number
}
const batchEvents = 100
const batchCheckpoints = 500
const claimMs = 60_000
const destinationsAtOnce = 10

/**
 * Sends each destination the events and the checkpoints behind its cursors, in the order of the chain and of signing, and
 * moves the cursors when they were taken. A receiver may hear an event twice, after a crash between the two, and never misses one.
 */
export const createDelivery = ({ db, now, log, secrets, deliver, privateTargets, everyMs = 2_000 }: DeliveryDeps) => {
  /** Of its own account; of every one for the platform, so that the proof of accounts without a destination leaves too. */
  const signedSince = (ctx: Ctx, { accountId, checkpointPosition }: DueDestination) =>
    accountId === platformAccount
      ? db.platform(ctx, (tx) => checkpointRepository(tx).behind(null, checkpointPosition, batchCheckpoints))
      : db.tenant(ctx, (tx) => checkpointRepository(tx).behind(accountId, checkpointPosition, batchCheckpoints))

  const send = async (destination: DueDestination): Promise<void> => {
    const { accountId, id, url, cursor, failures } = destination
    const ctx = systemCtx('audit', accountId)
    const events = await db.tenant(ctx, (tx) => auditRepository(tx).segment(accountId, cursor, batchEvents))
    const signed = await signedSince(ctx, destination)
    const last = events.at(-1)
    const { checkpoints } = signed
    const body = JSON.stringify({ accountId, destinationId: id, events, checkpoints } satisfies AuditDelivery)
    const secret = secrets.open(destination.sealedSecret, secretContext(accountId, id))
    const headers = signedJsonHeaders(secret, body, now())
    const wrong =
      last || checkpoints.length > 0
        ? await deliver({ url, headers, body, privateTargets: privateTargets(accountId) })
        : null
    const at = now()
    const taken = {
      cursor_seq: BigInt(last?.seq ?? cursor),
      checkpoint_position: signed.position,
      failures: 0,
      last_error: null,
      last_delivered_at: at,
      next_attempt_at: at,
    }
    const refused = {
      failures: failures + 1,
      last_error: wrong,
      next_attempt_at: new Date(at.getTime() + retryAfterMs(failures)),
    }
    await db.tenant(ctx, (tx) =>
      destinationRepository(tx).update(accountId, id, { ...(wrong === null ? taken : refused), claimed_until: null }),
    )
  }

  /** One round over everything that is due; true when there may be more. */
  const round = async (): Promise<boolean> => {
    const until = new Date(now().getTime() + claimMs)
    const due = await db.platform(systemCtx('audit'), (tx) =>
      destinationRepository(tx).claim(now(), until, destinationsAtOnce),
    )
    await Promise.all(
      due.map((destination) =>
        send(destination).catch((error: unknown) =>
          log.error(
            { err: error, destinationId: destination.id },
            'audit events not sent; tried again when the claim ends',
          ),
        ),
      ),
    )
    return due.length > 0
  }

  const onFailure = (error: unknown) => log.warn({ err: error }, 'audit destinations not looked through')
  return { round, ...createRounds({ round, everyMs, onFailure }) }
}
