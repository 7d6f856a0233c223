import type { AdoptedKey, Adoption } from '@cockpit/contract/keys'
import { type Clock, type Ctx, type Db, newId, Problem, type Tx } from '../../platform/index.ts'
import { keyLookup } from './lookup.ts'
import { ownerColumns } from './model.ts'
import type { ModelNames } from './port.ts'
import { keyColumns } from './present.ts'
import { keyRepository } from './repository.ts'
import { requireFuture, requireModels, requireOwner, requireTeam } from './rules.ts'

type Deps = { db: Db; now: Clock; modelNames: ModelNames; told: (tx: Tx, id: string) => Promise<void> }
type Verdict = Adoption['items'][number]

/** Takes over keys by the hash of secrets that were made elsewhere. */
export const createAdoption =
  ({ db, now, modelNames, told }: Deps) =>
  async (ctx: Ctx, adopted: readonly AdoptedKey[]): Promise<Adoption> => {
    const hashes = adopted.map(({ hash }) => hash)
    // whoever learned a secret that was replaced must not catch the calls of programs that still use it
    const replaced = await db.platform(ctx, (tx) => keyLookup(tx).replacedAmong(hashes))
    return db.tenant(ctx, async (tx) => {
      const keys = keyRepository(tx, now())
      const own = await keys.idsByHash(hashes)

      const adopt = async ({ owner, hash, preview, ...fields }: AdoptedKey): Promise<Verdict> => {
        const known = own.get(hash)
        if (known) return { hash, verdict: 'known', keyId: known, reason: null }
        await requireOwner(keys, owner)
        await requireTeam(keys, fields.teamId, owner)
        await requireModels(tx, modelNames, fields.models)
        requireFuture(fields.expiresAt, now())
        const at = now()
        const id = newId('key', at)
        const row = { ...keyColumns(fields), ...ownerColumns(owner), hash, preview, id, name: fields.name }
        if (replaced.has(hash) || !(await keys.insertUnlessTaken({ ...row, purpose: 'gateway', created_at: at })))
          return { hash, verdict: 'refused', keyId: null, reason: 'This secret cannot be taken over.' }
        own.set(hash, id)
        await told(tx, id)
        return { hash, verdict: 'adopted', keyId: id, reason: null }
      }

      const items: Verdict[] = []
      for (const key of adopted)
        items.push(
          await adopt(key).catch((error: unknown) => {
            if (!(error instanceof Problem)) throw error
            const reason = [error.detail, ...(error.errors ?? []).map(({ detail }) => detail)].join(' ')
            return { hash: key.hash, verdict: 'refused' as const, keyId: null, reason }
          }),
        )
      return { items }
    })
  }
