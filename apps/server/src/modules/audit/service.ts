import type { AuditEvent, AuditStatus } from '@cockpit/contract/audit'
import type { PageQuery } from '@cockpit/contract/kit'
import { type Clock, type Ctx, type Db, type Log, Problem, type Sealing } from '../../platform/index.ts'
import { createCheckpointFile } from './checkpoint-file.ts'
import { createCheckpoints } from './checkpoints.ts'
import { checkpointRepository } from './checkpoints-repository.ts'
import { createDelivery } from './delivery.ts'
import { createDestinations } from './destinations.ts'
import { createExport } from './export.ts'
import { createHeadsFile, createHeadsWatch } from './heads.ts'
import type { Deliver } from './port.ts'
import { auditRepository, type EventQuery } from './repository.ts'
import { createRetention } from './retention.ts'
import { searching, seeing, seenAccount } from './seeing.ts'
import { findSigner, loadSigner, type Signer } from './signing-key.ts'
import { createVerification } from './verification.ts'

export type AuditDeps = {
  db: Db
  now: Clock
  log: Log
  dataDir: string
  /** COCKPIT_AUDIT_KEY; null: a file in the data directory. */
  auditKey: string | null
  /** Whether this process signs. For others no key is made; they look for the one that signs, to know what it signed. */
  signs: boolean
  secrets: Pick<Sealing, 'seal' | 'open'>
  deliver: Deliver
  allowPrivateTargets: boolean
  namesPrivateAddress: (url: string) => boolean
}

export const createAudit = (deps: AuditDeps) => {
  const { db, now, log, dataDir, auditKey, signs } = deps
  const file = createCheckpointFile(dataDir)
  let loaded: Signer | undefined
  const signer = () => {
    loaded ??= loadSigner({ configured: auditKey, dataDir })
    return loaded
  }
  const destinations = createDestinations(deps)
  const heads = createHeadsFile(dataDir)
  const checkpoints = createCheckpoints({ db, now, log, signer, file, heads })

  return {
    checkpoints,
    destinations,
    delivery: createDelivery({ ...deps, privateTargets: destinations.privateTargets }),
    headsWatch: createHeadsWatch({ db, log, signer, file: heads }),
    retention: createRetention({ db, now, log, checkpoints }),
    verify: createVerification({
      ...{ db, file, heads, signs },
      ownKey: () => (signs ? signer() : findSigner({ configured: auditKey, dataDir })),
    }),
    export: createExport({ db }),

    /** The events of one account; of every account and the platform for people of the platform who chose none. */
    list: (ctx: Ctx, query: EventQuery) =>
      searching(db, ctx, query, (tx) => auditRepository(tx).page(seenAccount(ctx), query)),

    get: (ctx: Ctx, id: string): Promise<AuditEvent> =>
      seeing(db, ctx, async (tx) => {
        const event = await auditRepository(tx).find(seenAccount(ctx), id)
        if (!event) throw new Problem('audit_event.not_found', `No audit event '${id}'.`)
        return event
      }),

    async status(ctx: Ctx): Promise<AuditStatus> {
      // the keys belong to no account, and everybody may know their public halves
      const keys = await db.platform(ctx, (tx) => checkpointRepository(tx).keys())
      const standing = await seeing(db, ctx, (tx) => checkpointRepository(tx).standing(seenAccount(ctx)))
      return { ...standing, keys: keys.map((key) => ({ ...key, createdAt: key.createdAt.toISOString() })) }
    },

    listCheckpoints: (ctx: Ctx, query: PageQuery) =>
      seeing(db, ctx, (tx) => checkpointRepository(tx).page(seenAccount(ctx), query)),
  }
}
export type Audit = ReturnType<typeof createAudit>
