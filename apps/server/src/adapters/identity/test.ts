/** Tries a provider in steps. Nobody signs in: each step is a question that a wrong setting answers differently. */
import type { SsoTestStep } from '@cockpit/contract/sso'
import * as oidc from 'openid-client'
import { z } from 'zod'
import { type OpenIdConnect, type Provider, ProviderFailure } from '../../modules/sso/index.ts'
import type { Clock } from '../../platform/index.ts'
import type { Configurations } from './configuration.ts'
import type { GuardedFetch } from './guarded-fetch.ts'
import { failureOf } from './reason.ts'

type Deps = { fetch: GuardedFetch; configurations: Configurations; now: Clock }
type Step = SsoTestStep['step']
type Said = Pick<SsoTestStep, 'state' | 'detail'>
type Asking = Deps & { provider: Provider; config: oidc.Configuration; signal: AbortSignal }

const order: readonly Step[] = ['discovery', 'keys', 'clock', 'redirect_uri', 'client', 'sign_out']
const skewSecondsMax = 30
const signing = /^(RS|PS|ES)(256|384|512)$|^EdDSA$|^Ed25519$/

export const createProviderTest =
  (deps: Deps): OpenIdConnect['test'] =>
  async (provider, signal) => {
    const discovered = await discovery(deps, provider)
    const first = { step: 'discovery' as const, ...discovered.said }
    if (!discovered.config)
      return [
        first,
        ...order.slice(1).map((step) => ({ step, state: 'skipped' as const, detail: 'Needs the step before.' })),
      ]
    const asking = { ...deps, provider, signal, config: discovered.config }
    const asked: Record<Exclude<Step, 'discovery'>, (asking: Asking) => Promise<Said> | Said> = {
      keys,
      clock,
      redirect_uri: redirectUri,
      client,
      sign_out: signOut,
    }
    const steps = await Promise.all(
      Object.entries(asked).map(async ([step, ask]): Promise<SsoTestStep> => {
        const said = await Promise.resolve(ask(asking)).catch((error: unknown) =>
          failed(failureOf(error, provider).message),
        )
        return { step: step as Step, ...said }
      }),
    )
    return [first, ...steps]
  }

const ok = (detail: string): Said => ({ state: 'ok', detail })
const failed = (detail: string): Said => ({ state: 'failed', detail })

const discovery = async ({ configurations }: Deps, provider: Provider) => {
  try {
    const config = await configurations.of(provider)
    const { issuer, ...metadata } = config.serverMetadata()
    const wrong =
      !metadata.authorization_endpoint || !metadata.token_endpoint
        ? 'The provider names no authorization or token endpoint.'
        : metadata.code_challenge_methods_supported && !config.serverMetadata().supportsPKCE()
          ? 'The provider does not take PKCE with S256, which Cockpit always uses.'
          : null
    if (wrong) return { said: failed(wrong), config: null }
    return { said: ok(`${issuer} describes itself.`), config }
  } catch (error) {
    const told = error instanceof ProviderFailure ? error : failureOf(error, provider)
    return { said: failed(told.message), config: null }
  }
}

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string(), use: z.string().optional() })) })

const keys = async ({ fetch, config, provider, signal }: Asking): Promise<Said> => {
  const { jwks_uri, id_token_signing_alg_values_supported: algorithms = ['RS256'] } = config.serverMetadata()
  if (!jwks_uri) return failed('The provider names no address of its keys.')
  const answer = await fetch(provider.privateTargets, jwks_uri, { signal, headers: { accept: 'application/json' } })
  if (answer.status !== 200) return failed(`${jwks_uri} answers ${answer.status} instead of keys.`)
  const found = KeySet.safeParse(await answer.json().catch(() => null))
  if (!found.success) return failed(`${jwks_uri} answers something that is no list of keys.`)
  const usable = found.data.keys.filter(({ kty, use }) => kty !== 'oct' && use !== 'enc')
  if (usable.length === 0) return failed('The provider publishes no key that can have signed an ID token.')
  if (!algorithms.some((name) => signing.test(name)))
    return failed(`ID tokens are signed with ${algorithms.join(', ')}, which Cockpit does not take.`)
  return ok(`${usable.length === 1 ? 'One key' : `${usable.length} keys`} to check signatures with.`)
}

const clock = async ({ fetch, config, provider, signal, now }: Asking): Promise<Said> => {
  const { jwks_uri = provider.issuer } = config.serverMetadata()
  const answer = await fetch(provider.privateTargets, jwks_uri, { signal })
  await answer.body?.cancel()
  const date = Date.parse(answer.headers.get('date') ?? '')
  if (Number.isNaN(date)) return { state: 'skipped', detail: 'The provider does not say what time it has.' }
  // the header has whole seconds
  const seconds = Math.round((date + 500 - now().getTime()) / 1000)
  if (Math.abs(seconds) <= skewSecondsMax) return ok(`The clocks differ by ${Math.abs(seconds)} s.`)
  return failed(
    `The clock of the provider is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'behind'}; more than ${skewSecondsMax} s make its tokens invalid. Set both clocks by NTP.`,
  )
}

const redirectUri = async ({ fetch, config, provider, signal }: Asking): Promise<Said> => {
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: provider.redirectUri,
    scope: provider.scopes.join(' '),
    state: oidc.randomState(),
    nonce: oidc.randomNonce(),
    prompt: 'none',
    code_challenge: await oidc.calculatePKCECodeChallenge(oidc.randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
  })
  const answer = await fetch(provider.privateTargets, url.href, { signal })
  await answer.body?.cancel()
  const register = `Register ${provider.redirectUri} as redirect URI of the client '${provider.clientId}', letter for letter.`
  const to = answer.headers.get('location')
  if (answer.status >= 300 && answer.status < 400 && to) {
    const next = new URL(to, url)
    const error = next.searchParams.get('error')
    if (!next.href.startsWith(provider.redirectUri)) return ok('The provider goes on to its sign-in page.')
    if (error === null || signInErrors.has(error)) return ok('The provider knows the redirect URI.')
    const words = next.searchParams.get('error_description')
    return failed(
      `The provider answers ${error}${words ? ` (“${words.slice(0, 200)}”)` : ''}; check client id and scopes.`,
    )
  }
  if (answer.status === 200)
    return { state: 'warning', detail: `The provider shows a page of its own. If it complains: ${register}` }
  return failed(`The provider answers ${answer.status}. ${register}`)
}
// what `prompt=none` rightly answers when nobody is signed in there
const signInErrors = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
])

const client = async ({ config, provider }: Asking): Promise<Said> => {
  if (provider.clientSecret === null)
    return { state: 'warning', detail: 'No client secret: the provider must treat the client as a public one.' }
  try {
    const address = new URL(provider.redirectUri)
    address.search = new URLSearchParams({
      code: 'cockpit-test',
      state: 'test',
      iss: config.serverMetadata().issuer,
    }).toString()
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
    await oidc.authorizationCodeGrant(config, address, { pkceCodeVerifier, expectedState: 'test' })
    return failed('The provider redeemed a code that it never gave.')
  } catch (error) {
    if (error instanceof oidc.WWWAuthenticateChallengeError) return wrongClient
    if (!(error instanceof oidc.ResponseBodyError)) throw error
    if (error.error === 'invalid_grant') return ok('The provider knows the client and its secret.')
    if (error.error === 'invalid_client' || error.status === 401) return wrongClient
    if (error.error === 'unauthorized_client')
      return failed('The client may not use the authorization code; allow that grant at the provider.')
    return {
      state: 'warning',
      detail: `The token endpoint answers ${error.status} ${error.error}, which says nothing about the client.`,
    }
  }
}

const wrongClient = failed('The provider refuses the client id or the secret; copy both again.')

const signOut = ({ config, provider }: Asking): Said => {
  const { end_session_endpoint, backchannel_logout_supported } = config.serverMetadata()
  if (!end_session_endpoint)
    return { state: 'warning', detail: 'Signing out here does not sign out at the provider; it has no place for that.' }
  const { origin } = new URL(provider.redirectUri)
  return ok(
    backchannel_logout_supported
      ? `Signing out ends both. Register ${origin}/sign-in as post-logout and ${origin}/v1/auth/backchannel-logout as back-channel address.`
      : `Signing out ends both. Register ${origin}/sign-in as post-logout address.`,
  )
}
