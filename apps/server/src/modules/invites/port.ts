import type { AccountRole } from '@cockpit/contract/kit'
import type { Actor, Ctx, Tx } from '../../platform/index.ts'

/** What invites ask of identity. */
export type Identity = {
  /** Refuses a password that breaks the rules of the accounts it opens. */
  hashPassword(
    ctx: Ctx,
    input: { password: string; userId?: string; accountIds: readonly string[]; texts?: readonly string[] },
  ): Promise<string>
  /** Refuses a role that may do more than whoever gives it. */
  refuseAbove(actor: Actor, role: AccountRole): void
  /** Who somebody is in an account by now, and what they may do; null when they are nobody there. */
  actorNow(tx: Tx, who: Pick<Actor, 'kind' | 'id'>, accountId: string): Promise<Actor | null>
  /** The e-mail of a person; null when there is no such person. */
  emailOf(tx: Tx, userId: string): Promise<string | null>
  /** How whoever has this e-mail comes into the account: as a new person, by signing in, or also with a new password. */
  wayInOf(tx: Tx, email: string, accountId: string): Promise<'new' | 'sign_in' | 'renew'>
  /** Whether the own provider of an account is believed about somebody, as they stand now. */
  vouchesFor(tx: Tx, accountId: string, userId: string): Promise<boolean>
  /** Where the e-mail is not proven: ends every way in but the session that asks, and sets the password. */
  renew(tx: Tx, email: string, accountId: string, passwordHash: string | null): Promise<void>
}

/** What invites ask of the directory, in the account of the transaction and with the rights of its actor. */
export type Directory = {
  /** Takes them in, or gives whoever is in by now what they were promised. */
  acceptIn(
    tx: Tx,
    person: {
      email: string
      name: string
      role: AccountRole
      teamIds: string[]
      passwordHash: string | null
      userId?: string
    },
  ): Promise<{ id: string; name: string }>
  requireTeams(tx: Tx, teamIds: readonly string[]): Promise<void>
}

/** What invites ask of mail. */
export type Letters = {
  /** Whether there is a server that sends for the account. Asked outside of the transaction. */
  isSetUp(accountId: string): Promise<boolean>
  /** Puts the letter in line; it leaves with the commit. */
  invitation(tx: Tx, invitation: Invitation): Promise<void>
  /** A letter that did not leave yet does not any more. */
  withdraw(tx: Tx, inviteId: string): Promise<void>
}
export type Invitation = {
  id: string
  email: string
  link: string
  accountName: string
  invitedBy: string
  role: AccountRole
  expiresAt: Date
}

export const noLetters: Letters = { isSetUp: async () => false, invitation: async () => {}, withdraw: async () => {} }
