import type { AccountRole } from '@cockpit/contract/kit'
import type { Actor, Tx } from '../../platform/index.ts'

/** What invites ask of identity. */
export type Identity = {
  hashPassword(password: string): Promise<string>
  /** Refuses a role that may do more than whoever gives it. */
  refuseAbove(actor: Actor, role: AccountRole): void
  /** Who somebody is in an account by now, and what they may do; null when they are nobody there. */
  actorNow(tx: Tx, who: Pick<Actor, 'kind' | 'id'>, accountId: string): Promise<Actor | null>
  /** The e-mail of a person; null when there is no such person. */
  emailOf(tx: Tx, userId: string): Promise<string | null>
  /** Whether anybody has this e-mail. */
  isTaken(tx: Tx, email: string): Promise<boolean>
}

/** What invites ask of the directory, in the account of the transaction and with the rights of its actor. */
export type Directory = {
  addIn(
    tx: Tx,
    person: { email: string; name: string; role: AccountRole; teamIds: string[]; passwordHash: string | null },
  ): Promise<{ id: string; name: string }>
  requireTeams(tx: Tx, teamIds: readonly string[]): Promise<void>
}
