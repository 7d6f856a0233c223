import type { ScimGroup, ScimState } from '@cockpit/contract/scim'
import type { Clock, Ctx, Db, Log, Witness } from '../../platform/index.ts'
import { createApply } from './apply.ts'
import { adminRepository } from './groups-list.ts'
import { createJournal, journalRepository } from './journal.ts'
import type { ActorNow, SetEmail, SyncDirectory } from './port.ts'
import { createScimGroups } from './protocol/groups.ts'
import { scimGroupRepository } from './protocol/groups-repository.ts'
import { createScimServer } from './protocol/server.ts'
import { createScimUsers } from './protocol/users.ts'
import { scimUserRepository } from './protocol/users-repository.ts'
import { createRules } from './rules.ts'
import { createTokens } from './tokens.ts'

export type ScimDeps = {
  db: Db
  now: Clock
  log: Log
  directory: SyncDirectory
  setEmail: SetEmail
  actorNow: ActorNow
  /** Writes down refused attempts. */
  witness: Pick<Witness, 'denied'>
  /** Origin under which sources reach Cockpit. */
  publicUrl: string
}

export const createScim = ({ db, now, log, directory, setEmail, actorNow, witness, publicUrl }: ScimDeps) => {
  const baseUrl = `${new URL(publicUrl).origin}/scim/v2`
  const apply = createApply({ directory })
  const journal = createJournal({ db, now })
  const users = createScimUsers({ db, now, directory, setEmail, apply, baseUrl })
  const groups = createScimGroups({ db, now, apply, baseUrl })
  return {
    tokens: createTokens({ db, now, actorNow }),
    rules: createRules({ db, now, directory, apply }),
    journal,
    protocol: createScimServer({ db, now, log, users, groups, note: journal.note, witness, actorNow, baseUrl }),

    state: (ctx: Ctx): Promise<ScimState> =>
      db.tenant(ctx, async (tx) => ({
        baseUrl,
        ...(await scimUserRepository(tx).counts()),
        groups: await scimGroupRepository(tx).count(),
        ...(await journalRepository(tx).summary()),
      })),

    groups: (ctx: Ctx, query: GroupQuery): Promise<{ items: ScimGroup[]; next: string | null; total: number }> =>
      db.tenant(ctx, (tx) => adminRepository(tx, directory).page(query)),
  }
}
export type Scim = ReturnType<typeof createScim>
type GroupQuery = { limit: number; after?: string | undefined; q?: string | undefined }
