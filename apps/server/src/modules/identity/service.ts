import { standardRules } from '@cockpit/contract/security'
import type { Clock, Ctx, Db } from '../../platform/index.ts'
import { createActorOf } from './actor.ts'
import { createActorNow } from './actor-now.ts'
import { createAddressees } from './addressees.ts'
import { createAddresses } from './addresses.ts'
import { createAsks } from './asks.ts'
import { createAttempts } from './attempts.ts'
import { createAuthenticate } from './authenticate.ts'
import { createBreakGlassAuthenticator } from './authenticators/break-glass.ts'
import { createClientToken } from './authenticators/client-token.ts'
import { createIdentityToken, createTokenPeople } from './authenticators/identity-token.ts'
import { createMask } from './authenticators/mask.ts'
import { createMasterKey } from './authenticators/master-key.ts'
import { createSessionAuthenticator } from './authenticators/session.ts'
import { createVirtualKey } from './authenticators/virtual-key.ts'
import { createBreakGlass } from './break-glass/service.ts'
import { createSessionCookie } from './cookie.ts'
import { createEntrusted } from './entrusted.ts'
import { createFailures } from './failures.ts'
import { createRefuseHigher } from './higher.ts'
import { createEndOfLogin, createEndOfProvider } from './idp-sessions.ts'
import { createKeepWayIn } from './keep-way-in.ts'
import { createLinkedPerson } from './linked-person.ts'
import { createLocks } from './locks.ts'
import { createMemberSessions } from './member-sessions.ts'
import { createMembers } from './members.ts'
import { createNewPasswords } from './new-passwords.ts'
import { createOpenSessions } from './open-sessions.ts'
import { createOutside } from './outside.ts'
import { createPasswordResets } from './password-resets.ts'
import { createPasswordTries } from './password-tries.ts'
import { createPasswords } from './passwords.ts'
import { createPeople } from './people.ts'
import { createPersonCaller } from './person-caller.ts'
import { createPlatformPeople } from './platform-people.ts'
import type {
  ClientTokens,
  FindKey,
  KeepAdmin,
  MaskOf,
  Outsiders,
  ResetLetters,
  RightsOf,
  SecondFactors,
} from './port.ts'

import { type ClaimRules, createResolution, standardClaimRules } from './resolution/service.ts'
import { createVouching } from './resolution/vouching.ts'
import { createRestrictions } from './restrictions.ts'
import type { LetsIn, RulesOf } from './rules.ts'
import { createSessions } from './sessions.ts'
import { createSetup } from './setup.ts'
import { createSignIn } from './sign-in.ts'
import { createStepUp } from './step-up.ts'
import { createTokenCaller } from './token-caller.ts'
import { createTokenUsers } from './token-users.ts'
import { createWhoIs } from './who-is.ts'
import { createWouldBe } from './would-be.ts'

export type IdentityDeps = {
  db: Db
  now: Clock
  /** Origin under which people reach Cockpit; decides how the session cookie is made. */
  publicUrl: string
  masterKey: string | undefined
  /** Hash of the code that breaks the glass; there is no glass when absent. */
  breakGlassSeal?: string | null
  findKey: FindKey
  /** Access tokens of service accounts; there are none when absent. */
  clientTokens?: ClientTokens
  rightsOf: RightsOf
  keepAdmin: KeepAdmin
  /** The installation has an identity provider, by which anybody might come in; it has none when absent. */
  installationLetsIn?: boolean
  /** As whom a session sees the product; always as its own person when absent. */
  maskOf?: MaskOf
  factors: SecondFactors
  /** What the platform and accounts ask of passwords, sessions and second factors; what the product does when absent. */
  rulesOf?: RulesOf
  /** Whether one of these accounts lets its people in from an address; from everywhere when absent. */
  letsIn?: LetsIn
  /** Which roles of the identity provider make admins; the usual names, and no super admins, when absent. */
  claimRules?: ClaimRules
  /** Bearer tokens of identity providers; without it there are none. */
  outsiders?: Outsiders
  /** Links for new passwords go out by mail, too; they are only shown when absent. */
  letters?: ResetLetters
}

export const createIdentity = ({
  db,
  now,
  publicUrl,
  masterKey,
  breakGlassSeal = null,
  findKey,
  clientTokens = noClientTokens,
  rightsOf,
  keepAdmin,
  installationLetsIn = false,
  maskOf = async () => null,
  factors,
  rulesOf = standardRulesOf,
  letsIn = async () => true,
  claimRules = standardClaimRules,
  outsiders = noOutsiders,
  letters = noLetters,
}: IdentityDeps) => {
  const cookie = createSessionCookie(publicUrl)
  const actorOf = createActorOf(rightsOf)
  const newPasswords = createNewPasswords({ db, now, rulesOf })
  const restrictionOf = createRestrictions({ now, factors })
  const personCaller = createPersonCaller({ actorOf, restrictionOf })
  const addresses = createAddresses({ now, forgetFactors: factors.forget })
  const refuseHigher = createRefuseHigher(rightsOf)
  const people = createPeople({ now, addresses, newPasswords, refuseHigher, keepAdmin })
  const attempts = createAttempts({ db, now })
  const failures = createFailures({ db, now, attempts })
  const openSessions = createOpenSessions({ now, rulesOf })
  const sessions = createSessions({ db, now, openSessions })
  const asks = createAsks({ attempts })
  const entrusted = createEntrusted(actorOf)
  const passwordTries = createPasswordTries({ db, now })
  const passwords = createPasswords({ db, attempts, passwordTries, sessions, newPasswords })
  const setup = createSetup({ db, now, attempts, sessions, actorOf, addresses, newPasswords })
  const vouching = createVouching(rightsOf)
  const resolution = createResolution({ now, rules: claimRules, addresses, vouches: vouching.vouches, keepAdmin })
  const breakGlass = createBreakGlass({ db, now, seal: breakGlassSeal, attempts, rightsOf, letsIn })
  const actorNow = createActorNow({ actorOf, rightsOf, masterKey, breakGlass })
  const { keepSuperAdmin, keepWayIn } = createKeepWayIn({ keepAdmin, installationLetsIn })
  const tokenCaller = createTokenCaller({ actorOf, rulesOf, now })
  const tokenPeople = createTokenPeople({ db, outsiders, resolution })
  return {
    cookie,
    attempts,
    addressees: createAddressees(actorOf),
    asks,
    sessions,
    endOfLogin: createEndOfLogin({ now }),
    endOfProvider: createEndOfProvider({ now }),
    keepWayIn,
    vouchesForAdmins: vouching.vouchesForAdmins,
    vouchesFor: vouching.vouches,
    linkedPerson: createLinkedPerson({ db }),
    signIn: createSignIn({
      db,
      now,
      attempts,
      passwordTries,
      asks,
      failures,
      actorOf,
      sessions,
      factors,
      rulesOf,
      restrictionOf,
      letsIn,
    }),
    memberSessions: createMemberSessions({ db, now, actorOf, openSessions, entrusted, factors, keepWayIn }),
    failures,
    locks: createLocks({ db, attempts, entrusted }),
    passwords,
    passwordResets: createPasswordResets({
      ...{ db, now, publicUrl, actorNow, addresses, entrusted, sessions, newPasswords, letters },
    }),
    /** Ends the session of the caller, whichever kind it is. */
    async signOut(ctx: Ctx): Promise<void> {
      if (ctx.breakGlass) await breakGlass.end(ctx, ctx.sessionId)
      else await sessions.signOut(ctx)
    },
    stepUp: createStepUp({ db, attempts, passwords, sessions, factors, breakGlass }),
    breakGlass,
    setup,
    /** A fresh set-up code to show on the console of the program; null once an administrator exists. */
    openSetup: setup.open,
    authenticate: createAuthenticate({
      bearers: [
        createMasterKey({ db, masterKey, rightsOf }),
        createClientToken({ db, tokens: clientTokens, rightsOf }),
        createVirtualKey({ db, findKey }),
        createIdentityToken({ db, outsiders, tokenCaller, people: tokenPeople }),
      ],
      session: createBreakGlassAuthenticator({
        ...{ db, cookie, breakGlass },
        otherwise: createSessionAuthenticator({
          ...{ db, now, cookie, personCaller, rulesOf },
          mask: createMask({ maskOf, actorOf }),
        }),
      }),
    }),
    people,
    platformPeople: createPlatformPeople({ db, now, people, refuseHigher, keepSuperAdmin }),
    actorNow,
    members: createMembers({ sessions, keepAdmin }),
    whoIs: createWhoIs({ db }),
    wouldBe: createWouldBe({ db, now, personCaller, tokenCaller, rulesOf, takesTokens: outsiders.ofInstallation }),
    resolution,
    outside: createOutside({ db, now, resolution, actorOf, sessions, letsIn, failures }),
    tokenUsers: createTokenUsers({ outsiders, people: tokenPeople }),
  }
}
export type Identity = ReturnType<typeof createIdentity>

const standardRulesOf: RulesOf = async () => () => ({ rules: standardRules, demands: [] })
const noLetters: ResetLetters = { isSetUp: async () => false, passwordReset: async () => {} }
const noClientTokens: ClientTokens = { mayBe: () => false, find: async () => null }

const noOutsiders: Outsiders = {
  mayBe: () => false,
  ofInstallation: false,
  known: () => undefined,
  verify: async () => null,
  withProfile: async (_bearer, { claims }) => claims,
  noteUnusable: () => {},
}
