import type { secondFactors } from '@cockpit/contract/mfa'
import type { Ctx, Tx } from '../../platform/index.ts'

export type FactorName = (typeof secondFactors)[number]
export type Purpose = 'sign_in' | 'second_factor' | 'step_up' | 'register'

/** A proof that has begun; `token` is the secret that names it. */
export type Challenge = { token: string; options: Record<string, unknown> | null; expiresAt: Date }
/** What is known of a challenge. */
export type KnownChallenge = { userId: string | null; webauthn: string | null; begunAt: Date }

type Counted = { subject: string; failuresMax: number }
type Attempt = { at: Date; counted: readonly Counted[] }
/** Counts tries, in the lock-out of identity. */
export type Attempts = {
  begin(ctx: Ctx, counted: readonly Counted[]): Promise<Attempt>
  succeeded(tx: Tx, attempt: Attempt): Promise<void>
}

/** Writes what somebody did with their own sign-in into the story of their account. */
export type Told = (
  tx: Tx,
  event: string,
  story: { subject: { type: string; id: string; name: string }; after?: object },
) => Promise<void>

/** Does what takes a way in from somebody, and refuses it where an account or the platform would have nobody left. */
export type KeepWayIn = <T>(tx: Tx, userId: string, otherwise: string, work: () => Promise<T>) => Promise<T>

/** Ends what a password alone opened, but the session one acts in. */
export type EndByPasswordAlone = (tx: Tx, reason: string) => Promise<void>

/** Refuses a session that proves less than a factor of one's own would. */
export type MayChange = (ctx: Ctx) => Promise<void>
