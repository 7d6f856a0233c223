import type { AuditDestination } from '@cockpit/contract/audit'
import type { PageQuery } from '@cockpit/contract/kit'
import {
  type Clock,
  type Ctx,
  changesOf,
  type Db,
  newId,
  Problem,
  platformAccount,
  randomSecret,
  refuseOutlasting,
  type Sealing,
  type Tx,
} from '../../platform/index.ts'
import { destinationRepository } from './destinations-repository.ts'

export type DestinationDeps = {
  db: Db
  now: Clock
  secrets: Pick<Sealing, 'seal' | 'open'>
  /** Whether destinations of accounts may lie in the own network. Those of the platform always may. */
  allowPrivateTargets: boolean
  namesPrivateAddress: (url: string) => boolean
}
/** A sealed secret opens for this destination only. */
export const secretContext = (accountId: string, id: string) => `${accountId}|${id}|audit_destination`

export const createDestinations = ({ db, now, secrets, allowPrivateTargets, namesPrivateAddress }: DestinationDeps) => {
  const privateTargets = (accountId: string) => allowPrivateTargets || accountId === platformAccount

  const checked = (accountId: string, given: string): string => {
    const url = new URL(given)
    if (url.username || url.password) throw invalid('must not hold a user name or password; deliveries are signed')
    if (privateTargets(accountId)) return url.href
    if (url.protocol !== 'https:') throw invalid('must begin with https://')
    if (namesPrivateAddress(given)) throw invalid('must not be an address inside the network of this installation')
    return url.href
  }

  const read = async (tx: Tx, accountId: string, id: string): Promise<AuditDestination> =>
    (await destinationRepository(tx).find(accountId, id)) ?? missing(id)

  return {
    privateTargets,
    list: (ctx: Ctx, query: PageQuery) => db.tenant(ctx, (tx) => destinationRepository(tx).page(ctx.accountId, query)),

    async create(ctx: Ctx, { name, url: given }: { name: string; url: string }) {
      const { accountId } = ctx
      // everything that happens goes there, so it is read by whoever chooses where that is
      if (!ctx.actor.permissions.has('audit.read'))
        throw new Problem('access.denied', "A destination is sent the audit log, so this needs 'audit.read' too.")
      refuseOutlasting(ctx, sends, null)
      const url = checked(accountId, given)
      const secret = randomSecret()
      const id = newId('adst', now())
      const sealedSecret = secrets.seal(secret, secretContext(accountId, id))
      return db.tenant(ctx, async (tx) => {
        await destinationRepository(tx).insert({ accountId, id, name, url, sealedSecret, at: now() })
        await tx.emit('audit_destination.created', {
          subject: { type: 'audit_destination', id, name },
          after: { name, url },
        })
        return { ...(await read(tx, accountId, id)), secret }
      })
    },

    update: (
      ctx: Ctx,
      id: string,
      patch: { name?: string | undefined; status?: AuditDestination['status'] | undefined },
    ) =>
      db.tenant(ctx, async (tx) => {
        const current = await read(tx, ctx.accountId, id)
        const changes = changesOf({ name: current.name, status: current.status }, patch)
        if (!changes) return current
        if (changes.after.status === 'active') refuseOutlasting(ctx, sends, null)
        // whoever starts one again wants to see at once whether it works now
        const afresh = changes.after.status === 'active' && { failures: 0, next_attempt_at: now() }
        await destinationRepository(tx).update(ctx.accountId, id, { ...changes.after, ...afresh })
        await tx.emit('audit_destination.updated', { subject: subjectOf(current), ...changes })
        return read(tx, ctx.accountId, id)
      }),

    rotate: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const current = await read(tx, ctx.accountId, id)
        refuseOutlasting(ctx, sends, null) // whoever knows the secret can sign what was never sent
        const secret = randomSecret()
        const sealed_secret = secrets.seal(secret, secretContext(ctx.accountId, id))
        await destinationRepository(tx).update(ctx.accountId, id, { sealed_secret })
        await tx.emit('audit_destination.rotated', { subject: subjectOf(current) })
        return { ...current, secret }
      }),

    remove: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const current = await read(tx, ctx.accountId, id)
        await destinationRepository(tx).remove(ctx.accountId, id)
        await tx.emit('audit_destination.deleted', {
          subject: subjectOf(current),
          before: { name: current.name, url: current.url },
        })
      }),
  }
}

/** What it goes on sending is read by whoever chose where to, also when they may no longer. */
const sends = ['audit.read', 'audit.manage'] as const

const subjectOf = ({ id, name }: AuditDestination) => ({ type: 'audit_destination', id, name })

const invalid = (detail: string) =>
  new Problem('input.invalid', `The url ${detail}.`, { errors: [{ pointer: '/url', detail }] })

const missing = (id: string): never => {
  throw new Problem('audit_destination.not_found', `No audit destination '${id}'.`)
}
