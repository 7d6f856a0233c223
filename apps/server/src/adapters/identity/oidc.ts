import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import * as oidc from 'openid-client'
import { z } from 'zod'
import {
  type Checks,
  type LogoutToken,
  type OpenIdConnect,
  type Provider,
  ProviderFailure,
  type Vouched,
} from '../../modules/sso/index.ts'
import type { Clock } from '../../platform/index.ts'
import { clockToleranceSeconds, createConfigurations } from './configuration.ts'
import { createGuardedFetch, fetchBounds } from './guarded-fetch.ts'
import { failureOf } from './reason.ts'
import { createProviderTest } from './test.ts'

type Deps = { now: Clock; lookup?: typeof fetchBounds.lookup }

const logoutTokenAgeMax = '10 minutes'
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

export const createOpenIdConnect = ({ now, lookup = fetchBounds.lookup }: Deps): OpenIdConnect => {
  const fetch = createGuardedFetch({ ...fetchBounds, lookup })
  const configurations = createConfigurations({ fetch, now })
  const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>()

  /** Everything a provider does wrong becomes a `ProviderFailure`. */
  const told = async <T>(provider: Provider, work: (config: oidc.Configuration) => Promise<T>): Promise<T> => {
    const config = await configurations.of(provider)
    try {
      return await work(config)
    } catch (error) {
      const failure = failureOf(error, provider)
      if (failure.reason === 'token_wrong') configurations.forget(provider)
      throw failure
    }
  }

  const keysOf = (provider: Provider, uri: string) => {
    const key = `${provider.privateTargets} ${uri}`
    const known = keySets.get(key)
    if (known) return known
    if (keySets.size >= 500) keySets.clear()
    const keys = createRemoteJWKSet(new URL(uri), {
      [customFetch]: async (url, { headers, method, signal }) =>
        (await fetch(provider.privateTargets, url, { headers, method, signal })) as unknown as Response,
    })
    keySets.set(key, keys)
    return keys
  }

  return {
    newChecks: (maxAgeSeconds) => ({
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      codeVerifier: oidc.randomPKCECodeVerifier(),
      maxAgeSeconds,
    }),

    authorizationUrl: (provider, checks, { loginHint, prompt }) =>
      told(provider, async (config) => {
        const url = oidc.buildAuthorizationUrl(config, {
          redirect_uri: provider.redirectUri,
          scope: provider.scopes.join(' '),
          state: checks.state,
          nonce: checks.nonce,
          code_challenge: await oidc.calculatePKCECodeChallenge(checks.codeVerifier),
          code_challenge_method: 'S256',
          ...(loginHint && { login_hint: loginHint }),
          ...(prompt && { prompt }),
          ...(checks.maxAgeSeconds !== null && { max_age: '0' }),
        })
        return url.href
      }),

    redeem: (provider, query, checks) => told(provider, (config) => redeem(config, provider, query, checks)),

    signOutUrl: (provider, { idToken, returnTo }) =>
      told(provider, async (config) =>
        config.serverMetadata().end_session_endpoint
          ? oidc.buildEndSessionUrl(config, { id_token_hint: idToken, post_logout_redirect_uri: returnTo }).href
          : null,
      ),

    logoutToken: (provider, token) =>
      told(provider, async (config) => {
        const { jwks_uri } = config.serverMetadata()
        if (!jwks_uri) throw new ProviderFailure('not_a_provider', 'The provider names no keys.')
        const { payload } = await jwtVerify(token, keysOf(provider, jwks_uri), {
          issuer: provider.issuer,
          audience: provider.clientId,
          algorithms: [
            'RS256',
            'RS384',
            'RS512',
            'PS256',
            'PS384',
            'PS512',
            'ES256',
            'ES384',
            'ES512',
            'EdDSA',
            'Ed25519',
          ],
          maxTokenAge: logoutTokenAgeMax,
          clockTolerance: clockToleranceSeconds,
          requiredClaims: ['iat', 'jti', 'events'],
          currentDate: now(),
        }).catch((error: unknown) => {
          throw new ProviderFailure(
            'token_wrong',
            error instanceof Error ? error.message : 'The token is wrong.',
            error,
          )
        })
        return checkedLogout(payload, now())
      }),

    test: createProviderTest({ fetch, configurations, now }),
  }
}

const redeem = async (
  config: oidc.Configuration,
  provider: Provider,
  query: URLSearchParams,
  checks: Checks,
): Promise<Vouched> => {
  refuseOtherIssuer(config, query)
  const address = new URL(provider.redirectUri)
  address.search = query.toString()
  const tokens = await oidc.authorizationCodeGrant(config, address, {
    pkceCodeVerifier: checks.codeVerifier,
    expectedState: checks.state,
    expectedNonce: checks.nonce,
    idTokenExpected: true,
    ...(checks.maxAgeSeconds !== null && { maxAge: checks.maxAgeSeconds }),
  })
  const claims = tokens.claims()
  if (!claims || !tokens.id_token) throw new ProviderFailure('token_wrong', 'The provider gave no ID token.')
  const { userinfo_endpoint } = config.serverMetadata()
  // who it is stands in the signed token; the rest may stand only here, and must be about the same person
  const info = userinfo_endpoint ? await oidc.fetchUserInfo(config, tokens.access_token, claims.sub) : {}
  const { sid, amr } = sessionClaims.parse(claims)
  return {
    claims: { ...info, ...claims },
    subject: claims.sub,
    sid: sid ?? null,
    methods: amr ?? [],
    authenticatedAt: claims.auth_time === undefined ? null : new Date(claims.auth_time * 1000),
    idToken: tokens.id_token,
  }
}

const sessionClaims = z.object({
  sid: z.string().min(1).max(300).optional().catch(undefined),
  amr: z.array(z.string().max(40)).max(20).optional().catch(undefined),
})

/** RFC 9207: an answer that names its issuer must name the one that was asked, and one that promised to must. */
const refuseOtherIssuer = (config: oidc.Configuration, query: URLSearchParams) => {
  const { issuer, authorization_response_iss_parameter_supported: promised } = config.serverMetadata()
  const named = query.getAll('iss')
  if (named.length === 0 && !promised) return
  if (named.length !== 1 || named[0] !== issuer)
    throw new ProviderFailure(
      'issuer_wrong',
      `The answer names ${named.join(', ').slice(0, 200) || 'no issuer'}, not ${issuer}.`,
    )
}

const logoutClaims = z.object({
  sub: z.string().min(1).max(300).optional(),
  sid: z.string().min(1).max(300).optional(),
  jti: z.string().min(1).max(300),
  exp: z.number().optional(),
  events: z.looseObject({ [logoutEvent]: z.looseObject({}) }),
  // an ID token must not pass for a logout token
  nonce: z.undefined().optional(),
})

const checkedLogout = (payload: unknown, now: Date): LogoutToken => {
  const claims = logoutClaims.safeParse(payload)
  if (!claims.success) {
    const [issue] = claims.error.issues
    throw new ProviderFailure('token_wrong', `The logout token is no such: ${issue?.path.join('.')} ${issue?.message}.`)
  }
  const { sub, sid, jti, exp } = claims.data
  if (sub === undefined && sid === undefined)
    throw new ProviderFailure('token_wrong', 'The logout token names neither a session nor a person.')
  const keptMs = Math.max((exp ?? 0) * 1000 - now.getTime(), 60 * 60_000)
  return {
    subject: sub ?? null,
    sid: sid ?? null,
    jti,
    expiresAt: new Date(now.getTime() + Math.min(keptMs, 86_400_000)),
  }
}
