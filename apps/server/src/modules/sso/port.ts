import type { ClaimMapping, SsoKind, SsoTestStep } from '@cockpit/contract/sso'
import type { RefusalReason, TokenRefusal } from '@cockpit/contract/tokens'
import type { IdentityClaims } from '@cockpit/policy'
import type { Ctx, Problem, Tx } from '../../platform/index.ts'

/** An identity provider as a relying party uses it. */
export type Provider = {
  /** The account that chose it; null: that of the installation. */
  accountId: string | null
  kind: SsoKind
  name: string
  issuer: string
  clientId: string
  clientSecret: string | null
  scopes: readonly string[]
  claims: ClaimMapping
  /** Projects at Zitadel whose roles count, beside the one that the client belongs to. */
  projects: readonly string[]
  redirectUri: string
  /** Whether it may stand inside the own network. */
  privateTargets: boolean
}

/** What a sign-in on its way must find again in the answer. */
export type Checks = {
  state: string
  nonce: string
  codeVerifier: string
  /** The proof of who it is may be at most this old; null: as old as the provider likes. */
  maxAgeSeconds: number | null
}

/** A person as the provider vouches for them; every signature and every check has been made. */
export type Vouched = {
  claims: Readonly<Record<string, unknown>>
  subject: string
  sid: string | null
  methods: readonly string[]
  authenticatedAt: Date | null
  idToken: string
}

/** A provider that does not do as it should, with the reason for the log and never for the caller. */
export class ProviderFailure extends Error {
  readonly reason: FailureReason
  constructor(reason: FailureReason, detail: string, cause?: unknown) {
    super(detail, { cause })
    this.reason = reason
  }
}
export const failureReasons = [
  'unreachable',
  'not_a_provider',
  'denied',
  'code_refused',
  'client_refused',
  'token_wrong',
  'issuer_wrong',
  'too_old',
] as const satisfies RefusalReason[]
export type FailureReason = (typeof failureReasons)[number]

export type LogoutToken = { subject: string | null; sid: string | null; jti: string; expiresAt: Date }

/** What the room asks of OpenID Connect. Everything throws `ProviderFailure` and nothing else that is meant to happen. */
export type OpenIdConnect = {
  newChecks(maxAgeSeconds: number | null): Checks
  authorizationUrl(
    provider: Provider,
    checks: Checks,
    hints: { loginHint: string | null; prompt: 'login' | null },
  ): Promise<string>
  /** Redeems the answer that stands in the query of the callback. */
  redeem(provider: Provider, query: URLSearchParams, checks: Checks): Promise<Vouched>
  /** Where to sign out at the provider; null when it has no such place. */
  signOutUrl(provider: Provider, asked: { idToken: string; returnTo: string }): Promise<string | null>
  logoutToken(provider: Provider, token: string): Promise<LogoutToken>
  test(provider: Provider, signal: AbortSignal): Promise<SsoTestStep[]>
}

/** TXT records of a name, each the list of its pieces; null when no name server answers. */
export type ResolveTxt = (name: string) => Promise<string[][] | null>

/** Somebody whom a provider vouches for, on their way in. */
export type Arriving = {
  claims: IdentityClaims
  issuerAccount: string | null
  oldToken: string | null
}
export type Proven = {
  methods: readonly string[]
  provider: string
  authenticatedAt: Date
  idpSession: { issuer: string; subject: string; sid: string | null }
}
export type Arrived =
  | {
      kind: 'arrived'
      token: string
      ctx: Ctx
      accountId: string | null
      role: string | null
      choices: number
      /** The e-mail they came with is theirs for every account. */
      provesEmail: boolean
    }
  | { kind: 'refused'; reason: RefusalReason; detail: string }

/** Writes down what was refused, for super admins; whoever was refused never learns it. */
export type NoteRefused = (
  refused: Pick<
    TokenRefusal,
    'reason' | 'detail' | 'issuer' | 'client' | 'subject' | 'email' | 'providerAccount' | 'requestId' | 'claims'
  > & { place: 'browser' | 'back_channel' },
) => void

/** The account that an open invitation is to, by the secret of its link, if it is for this e-mail. */
export type InvitedTo = (tx: Tx, token: string, email: string) => Promise<string | null>

/** Somebody came in; what an account invited them to, and their provider made them a member of, is accepted by that. */
export type SettleInvitations = (
  ctx: Ctx,
  arrival: { userId: string; email: string; onlyAccount: string | null },
) => Promise<void>

/** What the room asks of identity. */
export type IdentityPort = {
  /** Counts how often somebody asks, by address and e-mail; refuses when it is too often. */
  limit(ctx: Ctx, email: string | undefined): Promise<void>
  signIn(ctx: Ctx, arriving: Arriving & { accountHint: string | null; proof: Proven }): Promise<Arrived>
  confirm(ctx: Ctx, arriving: Arriving & { sessionId: string }): Promise<Arrived>
  /** The provider by which the holder of the session came: its issuer, and the account whose own it is. */
  cameBy(ctx: Ctx): Promise<{ issuer: string | null; accountId: string | null } | null>
  signOut(ctx: Ctx): Promise<void>
  /** Ends sessions that stand on a login at a provider. */
  endOfLogin(
    tx: Tx,
    login: { issuer: string; subject: string | null; sid: string | null },
    reason: string,
  ): Promise<number>
  /** Ends sessions that the own provider of an account vouches for. */
  endOfProvider(tx: Tx, accountId: string, reason: string): Promise<void>
  /** Whether the own provider of an account is believed about all of its admins, as its settings now stand. */
  vouchesForAdmins(tx: Tx, accountId: string): Promise<boolean>
  /** Does what could leave no administrator of an account who may come in, and refuses it with `refusal` if it did. */
  keepAdmin<T>(tx: Tx, accountId: string, work: () => Promise<T>, refusal: () => Problem): Promise<T>
  /** The account that an organisation at a provider is. */
  accountOfOrg(tx: Tx, issuer: string, orgId: string): Promise<string | null>
}
