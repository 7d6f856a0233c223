import type { AccountSlice } from '@cockpit/contract/snapshot'
import type { Tx } from '../../platform/index.ts'
import { createBulk } from './bulk.ts'
import { createBulkUnits } from './bulk-units.ts'
import { createExport } from './export.ts'
import { createImport } from './import.ts'
import { createMembers } from './members.ts'
import { createOrgs } from './orgs.ts'
import { orgRepository } from './orgs-repository.ts'
import { createPolicy } from './policy.ts'
import type { HasAllocation, RefuseHigherProgram } from './port.ts'
import { createServiceAccounts } from './service-accounts.ts'
import { serviceAccountRepository } from './service-accounts-repository.ts'
import { createSync } from './sync.ts'
import { createTeams } from './teams.ts'
import { teamRepository } from './teams-repository.ts'
import { createUsers, type UserDeps } from './users.ts'
import { userRepository } from './users-repository.ts'

export type DirectoryDeps = UserDeps & { hasAllocation: HasAllocation; refuseHigherProgram: RefuseHigherProgram }
type DirectorySlice = Pick<AccountSlice, 'orgs' | 'teams' | 'users' | 'serviceAccounts'>

export const createDirectory = (deps: DirectoryDeps) => {
  const { seedDirectory, ...orgs } = createOrgs(deps)
  const [teams, users, members] = [createTeams(deps), createUsers(deps), createMembers(deps)]
  return {
    orgs,
    teams,
    members,
    policy: createPolicy(deps),
    users,
    bulk: createBulk({ ...deps, users, members }),
    bulkUnits: createBulkUnits({ ...deps, orgs, teams }),
    import: createImport({ ...deps, users }),
    export: createExport(deps),
    sync: createSync({ ...deps, users }),
    serviceAccounts: createServiceAccounts(deps),
    seedDirectory,
    /** Who is in the transaction's account, as its slice of the snapshot carries them. */
    sliceDirectory: async (tx: Tx): Promise<DirectorySlice> => ({
      orgs: await orgRepository(tx).slices(),
      teams: await teamRepository(tx).slices(),
      users: await userRepository(tx, deps.now()).slices(),
      serviceAccounts: await serviceAccountRepository(tx, deps.now()).slices(),
    }),
  }
}
export type Directory = ReturnType<typeof createDirectory>
