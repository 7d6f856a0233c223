import type { MeContext } from '@cockpit/contract/identity'
import type { RoleName } from '@cockpit/contract/kit'
import type { PasskeyAssertion } from '@cockpit/contract/mfa'
import type { IdentityClaims } from '@cockpit/policy'

import type { Actor, Ctx, Problem, Tx } from '../../platform/index.ts'

/** What identity asks of the keys room: the working virtual key with this hash, in whichever account it is. */
export type FindKey = (tx: Tx, hash: string) => Promise<{ id: string; name: string; accountId: string } | null>

/** What identity asks of the clients room about access tokens of service accounts. */
export type ClientTokens = {
  /** Whether a bearer looks like one, without asking anybody. */
  mayBe(bearer: string): boolean
  /** The service account with this working token, in whichever account. */
  find(tx: Tx, hash: string): Promise<{ id: string; name: string; accountId: string } | null>
}

/** What identity asks of the access room, in the transaction that finds out who sends a request: what they may do. */
export type RightsOf = (tx: Tx, who: Principal) => Promise<Rights>
export type Principal = {
  kind: 'user' | 'service_account' | 'master_key' | 'break_glass'
  id: string
  /** The account whose roles count: `platform` for whoever holds a role of the platform. */
  accountId: string
  /** The role of the membership; none without one. */
  roles: readonly RoleName[]
}
export type Rights = Pick<Actor, 'permissions' | 'delegated' | 'until'>
/**
 * What identity asks of the access room: does what could take the last administrator from an account, and refuses with
 * `user.last_admin`, or with `refusal`, if it did.
 */
export type KeepAdmin = <T>(tx: Tx, accountId: string, work: () => Promise<T>, refusal?: () => Problem) => Promise<T>
/** What identity asks of the access room: as whom a session sees the product at the moment, if not as its own person. */
export type MaskOf = (tx: Tx, sessionId: string) => Promise<{ mask: Mask | null } | null>
/** As whom a session sees the product. */
export type Mask = { accountId: string; subject: { id: string }; writes: boolean }
export type Describe = (ctx: Ctx) => Promise<MeContext>

/** A bearer token that was found to be genuine, for us and in force. */
export type VerifiedToken = {
  readonly claims: IdentityClaims
  readonly client: string | null
  readonly scopes: readonly string[]
  readonly productDomains: readonly string[] | null
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly signIn: { readonly authenticatedAtMs: number | null; readonly hasSecondFactor: boolean }
  readonly issuerAccount: string | null
}

/** What identity asks of the tokens room: what a bearer says, and a note why it opens nothing. */
export type Outsiders = {
  mayBe(bearer: string): boolean
  /** Whether there are any of the provider of the installation. */
  ofInstallation: boolean
  /** What is known of a bearer by its SHA-256, without asking anybody. */
  known(bearer: string, digest: string): VerifiedToken | undefined
  verify(bearer: string, place: 'api' | 'gateway'): Promise<VerifiedToken | null>
  withProfile(bearer: string, token: VerifiedToken): Promise<IdentityClaims>
  noteUnusable(
    place: 'api' | 'gateway',
    token: VerifiedToken,
    reason: 'no_account' | 'email_of_another' | 'not_vouched' | 'no_seat' | 'revoked',
    detail: string,
  ): void
}

type FactorName = 'totp' | 'passkey' | 'recovery'
type ProofPurpose = 'sign_in' | 'second_factor' | 'step_up'
type KnownChallenge = { userId: string | null; webauthn: string | null; begunAt: Date }
export type FactorProof = {
  code?: string | undefined
  recoveryCode?: string | undefined
  credential?: PasskeyAssertion | undefined
}

/** What identity asks about what people prove themselves with beside a password. */
export type SecondFactors = {
  of(tx: Tx, userId: string): Promise<FactorName[]>
  begin(
    tx: Tx,
    purpose: ProofPurpose,
    userId: string | null,
  ): Promise<{ token: string; options: Record<string, unknown> | null; expiresAt: Date }>
  find(tx: Tx, purpose: ProofPurpose, token: string): Promise<KnownChallenge | null>
  /** Once; to be committed before the answer is looked at. */
  take(tx: Tx, purpose: ProofPurpose, token: string): Promise<KnownChallenge | null>
  /** The method that proved it, as RFC 8176 names it, or null. */
  prove(tx: Tx, userId: string, proof: FactorProof, taken: KnownChallenge | null): Promise<string | null>
  /** All of them, for good. */
  forget(tx: Tx, userId: string): Promise<void>
  byPasskey(tx: Tx, credential: PasskeyAssertion, taken: KnownChallenge): Promise<{ userId: string } | null>
}

/** What identity asks of mail. */
export type ResetLetters = {
  /** Whether there is a server that sends for the account. Asked outside of the transaction. */
  isSetUp(accountId: string): Promise<boolean>
  /** Puts the letter in line instead of those before; it leaves with the commit. */
  passwordReset(
    tx: Tx,
    reset: { userId: string; email: string; name: string; link: string; expiresAt: Date },
  ): Promise<void>
}
