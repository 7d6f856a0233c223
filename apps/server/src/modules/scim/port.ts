import type { User } from '@cockpit/contract/directory'
import type { AccountRole } from '@cockpit/contract/kit'
import type { Actor, Tx } from '../../platform/index.ts'

/** What SCIM asks of the directory, in its own platform transaction. The directory touches nothing others look after. */
export type SyncDirectory = {
  join(tx: Tx, source: 'scim', person: { email: string; name: string; role: AccountRole }): Promise<User>
  change(
    tx: Tx,
    source: 'scim',
    id: string,
    patch: { name?: string; role?: AccountRole; status?: User['status'] },
  ): Promise<User>
  leave(tx: Tx, source: 'scim', id: string): Promise<void>
  read(tx: Tx, id: string): Promise<User>
  setTeams(
    tx: Tx,
    source: 'scim',
    wanted: ReadonlyMap<string, readonly string[]>,
  ): Promise<{ joins: number; leaves: number }>
  teamIn(tx: Tx, orgId: string, name: string): Promise<string>
  findTeamIn(tx: Tx, orgId: string, name: string): Promise<string | null>
  names(tx: Tx, scope: 'orgs' | 'teams', ids: readonly string[]): Promise<Map<string, string>>
}

/** Whether somebody belongs to other accounts too; their name and e-mail are then not this account's to change. */
export type SetEmail = (tx: Tx, userId: string, email: string) => Promise<boolean>

/** Who somebody is in an account by now; null when they are nobody there. */
export type ActorNow = (tx: Tx, who: Pick<Actor, 'kind' | 'id'>, accountId: string) => Promise<Actor | null>

/** The status of an account, for a token that knocks. */
export type AccountStatus = (tx: Tx, accountId: string) => Promise<'active' | 'suspended' | null>
