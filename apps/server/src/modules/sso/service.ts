import type { Route } from '@cockpit/contract/kit'
import type { AccountSlice } from '@cockpit/contract/snapshot'
import type { Clock, Db, Input, Log, RequestFacts, Sealing, Tx } from '../../platform/index.ts'
import { configRepository } from './config-repository.ts'
import { createFlowCookie } from './cookie.ts'
import { createDomains } from './domains.ts'
import { redirectUriOf, standardClaims, standardScopes } from './model.ts'
import type {
  IdentityPort,
  InvitedTo,
  NoteRefused,
  OpenIdConnect,
  Provider,
  ResolveTxt,
  SettleInvitations,
} from './port.ts'
import { createProviders } from './providers.ts'
import { createSettings } from './settings.ts'
import { createSignIn } from './sign-in.ts'
import { createSignOut } from './sign-out.ts'
import { createWaysIn } from './ways-in.ts'

type Asked = Pick<RequestFacts, 'headers' | 'cookies'>
type Reply = Input<Route>['reply']
/** The cookie of sessions, which identity makes. */
export type SessionCookiePort = {
  read(asked: Asked): string | null
  write(asked: Asked, reply: Reply, token: string): void
  clear(asked: Asked, reply: Reply): void
}

export type SingleSignOnDeps = {
  db: Db
  now: Clock
  log: Log
  publicUrl: string
  secrets: Pick<Sealing, 'seal' | 'open' | 'mask' | 'fingerprint'>
  oidc: OpenIdConnect
  resolveTxt: ResolveTxt
  identity: IdentityPort
  invitedTo: InvitedTo
  noteRefused: NoteRefused
  settleInvitations: SettleInvitations
  cookie: SessionCookiePort
  /** The provider of the installation, as the environment names it. */
  ofInstallation: {
    issuer: string
    /** Whom its tokens are for: projects at Zitadel, or clients. */
    audiences: readonly string[]
    client: { id: string; secret: string } | null
    scopes?: readonly string[] | undefined
  } | null
  allowPrivateTargets: boolean
  isPrivate: (url: string) => boolean
}

export const createSingleSignOn = (deps: SingleSignOnDeps) => {
  const { db, publicUrl, cookie } = deps
  const settings = createSettings(deps)
  const client = deps.ofInstallation?.client
  const ofInstallation: Provider | null =
    deps.ofInstallation && client
      ? {
          issuer: deps.ofInstallation.issuer,
          clientId: client.id,
          clientSecret: client.secret,
          accountId: null,
          kind: 'zitadel',
          name: 'Single sign-on',
          scopes: [...new Set(['openid', ...(deps.ofInstallation.scopes ?? standardScopes.zitadel)])],
          claims: standardClaims,
          projects: deps.ofInstallation.audiences,
          redirectUri: redirectUriOf(publicUrl, null),
          // whoever writes the environment may point it anywhere
          privateTargets: true,
        }
      : null
  const providers = createProviders({ db, settings, ofInstallation })
  return {
    settings,
    domains: createDomains(deps),
    waysIn: createWaysIn({ ...deps, providers }),
    signIn: createSignIn({ ...deps, providers }),
    signOut: createSignOut({ ...deps, providers }),
    tokenIssuers: providers.tokenIssuers,
    onProviderChange: providers.onChange,
    /** Whether gateways let tokens of the installation's provider act in the account of the transaction. */
    slice: async (tx: Tx): Promise<AccountSlice['ssoRequired']> =>
      (await configRepository(tx).find())?.required ? true : undefined,
    cookie,
    flowCookie: createFlowCookie(publicUrl),
  }
}
export type SingleSignOn = ReturnType<typeof createSingleSignOn>
