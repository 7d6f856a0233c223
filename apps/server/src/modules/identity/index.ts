/**
 * People, how they sign in, and who sends a request. Owns users, memberships, user_identities, account_identity_orgs,
 * membership_removals, sessions, setup_codes, sign_in_attempts and sign_in_failures; emits session.created,
 * session.ended, session.confirmed, user.created (set-up), user.password_changed, user.password_reset_issued,
 * user.factors_reset, user.unlocked and, for people an identity provider brings, user.identity_linked, user.added,
 * user.updated and user.removed. The people of an account are managed by the directory, through `people`.
 */
export { homeOf, nameOf } from './home-of.ts'
export type { Arrival, Arrived, Outside } from './outside.ts'
export type { People } from './people.ts'

export type {
  ClientTokens,
  Describe,
  FindKey,
  Outsiders,
  Principal,
  Rights,
  RightsOf,
  SecondFactors,
  VerifiedToken,
} from './port.ts'
export type { ClaimRules, IdentityResolution, NotSignedIn, SignedIn, SignInOptions } from './resolution/service.ts'

export { identityHandlers } from './routes.ts'
export { createIdentity, type Identity, type IdentityDeps } from './service.ts'
export type { OpenedSession, Proof } from './sessions.ts'
export { trailOf } from './trail.ts'
export type { WhoIs } from './who-is.ts'
export type { WouldBe } from './would-be.ts'
