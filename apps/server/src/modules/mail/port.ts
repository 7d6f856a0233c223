import type { MailSecurity } from '@cockpit/contract/mail'
import type { Permission } from '@cockpit/contract/permissions'
import type { Ctx, Problem, Tx } from '../../platform/index.ts'

/** A server with all it takes to send by it. */
export type MailServerOf = {
  readonly host: string
  readonly port: number
  readonly security: MailSecurity
  readonly login: { readonly user: string; readonly password: string } | null
  readonly fromAddress: string
  readonly fromName: string | null
  readonly replyTo: string | null
}

export type OutgoingLetter = {
  /** The same whenever the letter is tried again, so that whoever gets it twice can tell. */
  messageId: string
  to: string
  subject: string
  text: string
  html: string
  at: Date
}

/** How far it came: a server that is not reached, no encryption, no sign-in, or what the server refused. */
export type Failure = 'connect' | 'tls' | 'auth' | 'sender' | 'recipient' | 'message'
export type Outcome =
  | { sent: true; said: string }
  // `final`: whatever is tried again gets the same answer
  | { sent: false; failure: Failure; reason: string; final: boolean }

/** Hands one letter to a server. Bounded in time, and never throws. */
export type SendLetter = (
  server: MailServerOf,
  letter: OutgoingLetter,
  options: { privateTargets: boolean },
) => Promise<Outcome>

/**
 * Counts what nobody does without end. Refused once one of these subjects was counted as often as it bears within a
 * quarter of an hour; the refusal says until when.
 */
export type CountUses = (
  ctx: Ctx,
  counted: readonly { subject: string; usesMax: number }[],
  refusal: (until: Date, now: Date) => Problem,
) => Promise<void>

export type Addressee = { id: string; email: string; name: string }

/** What mail asks of identity about whom it writes to. All of it needs a platform transaction. */
export type People = {
  person(tx: Tx, userId: string): Promise<Addressee | null>
  /** Who of an account, or of the platform, may do this everywhere in it now, whichever role gives it to them. */
  able(tx: Tx, asked: { accountId: string; permission: Permission; max: number }): Promise<Addressee[]>
  /** Whose session began, and how; null when it is gone. */
  arrival(
    tx: Tx,
    sessionId: string,
  ): Promise<{ person: Addressee; device: string | null; isNewDevice: boolean; byRecoveryCode: boolean } | null>
}
