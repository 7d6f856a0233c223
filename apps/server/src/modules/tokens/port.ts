import type { RefusalReason, TokenRefusal } from '@cockpit/contract/tokens'
import type { IdentityClaims } from '@cockpit/policy'
import type { ClaimNames } from './claims.ts'

/** One identity provider whose tokens are accepted. */
export type Issuer = {
  issuer: string
  /** At least one; a token for anybody else is refused, however good it is. */
  audiences: readonly string[]
  /** Where its keys are; asked of its discovery document when null. */
  jwksUrl: string | null
  /** With which opaque tokens are introspected; without it they are refused. */
  client: { id: string; secret: string } | null
  /** The account that set it up for itself; null for that of the installation. */
  accountId: string | null
  /** How it says who somebody is, where that is set up for it. */
  read?: (payload: Readonly<Record<string, unknown>>) => IdentityClaims
  /** Whether it speaks for somebody with this e-mail; for everybody when absent. */
  speaksFor?: (email: string) => boolean
}

/** What the tokens room asks about providers that accounts set up. */
export type AccountIssuers = {
  /** By issuer and by whom a token is for. */
  find(issuer: string, audience: readonly string[]): Promise<readonly Issuer[]>
  /** Who came by one of these accounts' provider before. */
  linked(asked: {
    issuer: string
    subject: string
    accountIds: readonly string[]
  }): Promise<{ accountId: string; email: string } | null>
  /** Hears of every account whose provider speaks for others than before; of null when some may have been missed. */
  onChange(changed: (accountId: string | null) => void): Promise<() => void>
}

/** What it asks of the outside. Throws with a sentence when there is no answer, or none that is JSON. */
export type IssuerHttp = {
  get(url: string, options: HttpOptions & { bearer?: string }): Promise<HttpAnswer>
  post(
    url: string,
    options: HttpOptions & { form: Record<string, string>; basic: [string, string] },
  ): Promise<HttpAnswer>
}
type HttpOptions = { privateTargets: boolean }
export type HttpAnswer = { status: number; body: unknown }

/** What the installation says about its own identity provider; null without one. */
export type TokenSettings = {
  installation: Issuer | null
  names: ClaimNames
  /** How long an opaque token is believed after its issuer last confirmed it; a minute when absent. */
  introspectionGraceMs?: number
  /** Secrets of the installation that somebody may send by mistake. */
  secrets: readonly string[]
}

/** A token that is genuine, for us and in force. One object for as long as it is remembered. */
export type VerifiedToken = {
  claims: IdentityClaims
  /** The client it was issued to. */
  client: string | null
  scopes: readonly string[]
  /** Product domains it names; null when it names none. */
  productDomains: readonly string[] | null
  issuedAtMs: number
  expiresAtMs: number
  /** What it tells of the sign-in behind it; null when it does not say when that was. */
  signIn: { authenticatedAtMs: number | null; hasSecondFactor: boolean }
  issuerAccount: string | null
  kind: 'jwt' | 'opaque'
}

/** Why a token was refused and what it claims; for the log and the diagnostics, never for the caller. */
export type Refused = {
  reason: RefusalReason
  detail: string
  seen: {
    issuer: string | null
    kid: string | null
    algorithm: string | null
    audience: readonly string[]
    subject: string | null
    client: string | null
    claims: Record<string, unknown>
  }
}

/** A sign-in at a provider, or its word that somebody left, that was not taken. */
export type RefusedAtProvider = Pick<
  TokenRefusal,
  'place' | 'reason' | 'detail' | 'issuer' | 'client' | 'subject' | 'email' | 'providerAccount' | 'requestId' | 'claims'
>
