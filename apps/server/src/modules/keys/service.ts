import type { AdoptedKey, Adoption, Key, KeyPatch, NewKey } from '@cockpit/contract/keys'
import {
  type Clock,
  type Ctx,
  changesOf,
  type Db,
  mintCredential,
  newId,
  Problem,
  reachOf,
  refuseOutlasting,
  requireProof,
  sha256Hex,
  type Tx,
} from '../../platform/index.ts'
import { createAdoption } from './adoption.ts'
import { keyLookup } from './lookup.ts'
import { keyPrefix, type Owner, ownerColumns, playgroundLifeMs } from './model.ts'
import type { ModelNames } from './port.ts'
import { keyColumns } from './present.ts'
import { keyRepository, type Reach } from './repository.ts'
import { requireFuture, requireModels, requireOwner, requireTeam, requireWithin } from './rules.ts'

export type KeysDeps = {
  db: Db
  now: Clock
  modelNames: ModelNames
  /** Waits a moment until gateways know a key by its hash; without it nobody waits. */
  known?: (hash: string) => Promise<void>
  /** How many working keys one owner may have; the playground's do not count. */
  activeKeysMax?: number
}
type ListQuery = Parameters<ReturnType<typeof keyRepository>['page']>[0]

export const createKeys = ({ db, now, modelNames, known, activeKeysMax = 200 }: KeysDeps) => {
  const issue = async (tx: Tx, owner: Owner, purpose: Key['purpose'], fields: Omit<NewKey, 'owner'>) => {
    const at = now()
    const { secret, ...stored } = mintCredential(keyPrefix)
    const id = newId('key', at)
    const { name } = fields
    await keyRepository(tx, at).insert({
      ...keyColumns(fields),
      ...ownerColumns(owner),
      ...stored,
      id,
      name,
      purpose,
      created_at: at,
    })
    return { ...(await tellCreated(tx, id)), secret }
  }

  const tellCreated = async (tx: Tx, id: string): Promise<Key> => {
    const key = await read(tx, id)
    const after = { purpose: key.purpose, owner: key.owner, ...told(key) }
    await tx.emit('key.created', { subject: subjectOf(key), after })
    return key
  }

  /** Who sees the secret of somebody else's key spends as them. */
  const proveForOther = (ctx: Ctx, owner: Owner) => {
    if (owner.kind !== 'user' || owner.id !== ctx.actor.id) requireProof(ctx, now)
  }

  /** Nor are they left with one that outlasts what let them see it. */
  const refuseKeeping = (ctx: Ctx, owner: Owner, expiresAt: string | null | undefined) => {
    if (owner.kind === 'user' && owner.id === ctx.actor.id) return
    if (expiresAt !== undefined) refuseOutlasting(ctx, ['key.write'], expiresAt)
  }

  /** Whoever is given a key uses it at once. */
  const usable = async <T extends { secret: string }>(issued: Promise<T>): Promise<T> => {
    const key = await issued
    await known?.(sha256Hex(key.secret))
    return key
  }

  const read = async (tx: Tx, id: string, reach?: Reach): Promise<Key> =>
    (await keyRepository(tx, now()).find(id, reach)) ?? missing()

  const hold = async (tx: Tx, id: string): Promise<Key> =>
    (await keyRepository(tx, now()).hold(id, writable(tx.ctx))) ?? missing()

  const revokeOf = async (tx: Tx, owner: Owner, purpose?: Key['purpose']) => {
    const ended = await keyRepository(tx, now()).revokeOf(owner, purpose)
    for (const key of ended) await tx.emit('key.revoked', revoked(key))
  }

  const adopt = createAdoption({ db, now, modelNames, told: async (tx, id) => void (await tellCreated(tx, id)) })

  return {
    list: (ctx: Ctx, query: ListQuery) => db.tenant(ctx, (tx) => keyRepository(tx, now()).page(query, readable(ctx))),

    get: (ctx: Ctx, id: string): Promise<Key> => db.tenant(ctx, (tx) => read(tx, id, readable(ctx))),

    create: (ctx: Ctx, { owner: named, ...fields }: NewKey) =>
      usable(
        db.tenant(ctx, async (tx) => {
          const owner = named ?? callerAsOwner(ctx)
          const keys = keyRepository(tx, now())
          await requireWithin(keys, writable(ctx), owner, fields.teamId)
          // two requests at once must not both see the last free place
          await tx.lock(`keys:${owner.id}`)
          await requireOwner(keys, owner)
          refuseKeeping(ctx, owner, fields.expiresAt)
          proveForOther(ctx, owner)
          await requireTeam(keys, fields.teamId, owner)
          await requireModels(tx, modelNames, fields.models)
          requireFuture(fields.expiresAt, now())
          if ((await keys.countActive(owner)) >= activeKeysMax)
            throw new Problem(
              'key.limit_reached',
              `One owner has at most ${activeKeysMax} working keys; revoke one that is no longer needed.`,
            )
          return issue(tx, owner, 'gateway', fields)
        }),
      ),

    adopt: async (ctx: Ctx, adopted: readonly AdoptedKey[]): Promise<Adoption> => {
      const answer = await adopt(ctx, adopted)
      const last = answer.items.findLast(({ verdict }) => verdict === 'adopted')
      if (last) await known?.(last.hash)
      return answer
    },

    /** A key for the browser of the caller: it ends by itself, and the one before it ends now. */
    playground: (ctx: Ctx) =>
      usable(
        db.tenant(ctx, async (tx) => {
          const owner: Owner = { kind: 'user', id: ctx.actor.id }
          if (ctx.actor.kind !== 'user' || !(await keyRepository(tx, now()).isActiveMember(owner.id)))
            throw new Problem(
              'user.not_found',
              'You are not a member of this account, so nobody’s budget could pay; add yourself under Users & teams, then try again.',
            )
          await tx.lock(`keys:${owner.id}`)
          await revokeOf(tx, owner, 'playground')
          const expiresAt = new Date(now().getTime() + playgroundLifeMs).toISOString()
          const unlimited = { teamId: null, models: null, limits: { rpm: null, tpm: null } }
          return issue(tx, owner, 'playground', { name: 'Playground', expiresAt, ...unlimited })
        }),
      ),

    update: (ctx: Ctx, id: string, patch: KeyPatch): Promise<Key> =>
      db.tenant(ctx, async (tx) => {
        const current = await hold(tx, id)
        const keys = keyRepository(tx, now())
        const changes = changesOf(told(current), { ...patch, expiresAt: sameForm(patch.expiresAt) })
        if (!changes) return current
        await requireTeam(keys, changes.after.teamId, current.owner)
        if (changes.after.teamId !== undefined) await requireWithin(keys, writable(ctx), current.owner, patch.teamId)
        await requireModels(tx, modelNames, changes.after.models)
        requireFuture(changes.after.expiresAt, now())
        refuseKeeping(ctx, current.owner, changes.after.expiresAt)
        await keys.update(id, keyColumns(changes.after))
        const key = await read(tx, id)
        await tx.emit('key.updated', { subject: subjectOf(key), ...changes })
        return key
      }),

    rotate: (ctx: Ctx, id: string, { graceSeconds }: { graceSeconds: number }) =>
      usable(
        db.tenant(ctx, async (tx) => {
          const current = await hold(tx, id)
          if (current.status !== 'active') missing()
          refuseKeeping(ctx, current.owner, current.expiresAt)
          proveForOther(ctx, current.owner)
          const until = graceSeconds === 0 ? null : new Date(now().getTime() + graceSeconds * 1000)
          const { secret, ...stored } = mintCredential(keyPrefix)
          await keyRepository(tx, now()).replaceSecret(id, stored, until)
          const key = await read(tx, id)
          await tx.emit('key.rotated', { subject: subjectOf(key), before: secrets(current), after: secrets(key) })
          return { ...key, secret }
        }),
      ),

    revoke: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const key = await hold(tx, id)
        await keyRepository(tx, now()).update(id, { revoked_at: now() })
        await tx.emit('key.revoked', revoked(key))
      }),

    /** For the room that removes an owner, in its transaction: their keys stop with them. */
    revokeKeysOf: (tx: Tx, owner: { userId: string } | { serviceAccountId: string }) =>
      revokeOf(
        tx,
        'userId' in owner
          ? { kind: 'user', id: owner.userId }
          : { kind: 'service_account', id: owner.serviceAccountId },
      ),

    /** Whose key this is, for the room that finds who pays; null when the account has no such key. */
    ownerOf: (tx: Tx, keyId: string) => keyRepository(tx, now()).ownerOf(keyId),

    /** The working key with this hash, in whichever account; for sign-in. Needs a platform transaction. */
    findByHash: (tx: Tx, hash: string) => keyLookup(tx).findByHash(hash, now()),

    /** When keys were last used, by id; for the log of calls. Needs a platform transaction. */
    touchLastUsed: (tx: Tx, usedAt: ReadonlyMap<string, Date>) => keyLookup(tx).touchLastUsed(usedAt),

    /** The keys of the transaction's account, as its slice of the snapshot carries them. */
    sliceKeys: (tx: Tx) => keyRepository(tx, now()).slices(),
  }
}
export type Keys = ReturnType<typeof createKeys>

/** Keys outside the reach of the caller answer like missing ones: their own and those of teams delegated to them are in. */
const within = (ctx: Ctx, permission: 'key.read' | 'key.write'): Reach => {
  const reach = reachOf(ctx, permission)
  return reach === 'all' ? 'all' : { userId: ctx.actor.id, teamIds: reach.teamIds }
}
const readable = (ctx: Ctx) => within(ctx, 'key.read')
const writable = (ctx: Ctx) => within(ctx, 'key.write')

const callerAsOwner = ({ actor }: Ctx): Owner => {
  if (actor.kind === 'user') return { kind: 'user', id: actor.id }
  throw new Problem('input.invalid', 'Name the owner of the key: a person or a service account of this account.', {
    errors: [{ pointer: '/owner', detail: 'is required, as the caller is not a person' }],
  })
}

const missing = (): never => {
  throw new Problem('key.not_found', 'There is no such key, or it has ended.')
}

/** An instant as it is stored and shown, so that the same one written otherwise is no change. */
const sameForm = (instant: string | null | undefined) => instant && new Date(instant).toISOString()

const subjectOf = ({ id, name }: { id: string; name: string }) => ({ type: 'key', id, name })

/** The fields of a key that its story compares. */
const told = ({ name, teamId, models, limits, expiresAt }: Key) => ({ name, teamId, models, limits, expiresAt })

/** Which secrets open it, as far as anybody may see. */
const secrets = ({ preview, previousValidUntil }: Key) => ({ preview, previousValidUntil })

const revoked = (was: Pick<Key, 'id' | 'name' | 'status'>) => ({
  subject: subjectOf(was),
  before: { status: was.status },
  after: { status: 'revoked' },
})
