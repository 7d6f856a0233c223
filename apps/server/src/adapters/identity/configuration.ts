import * as oidc from 'openid-client'
import { type Provider, ProviderFailure } from '../../modules/sso/index.ts'
import type { Clock } from '../../platform/index.ts'
import type { GuardedFetch } from './guarded-fetch.ts'
import { failureOf } from './reason.ts'

const freshMs = 10 * 60_000
const keptMax = 500
/** Clocks of two machines are never the same. */
export const clockToleranceSeconds = 30

/** What a provider says of itself, asked once and kept for a while. */
export const createConfigurations = ({ fetch, now }: { fetch: GuardedFetch; now: Clock }) => {
  const kept = new Map<string, { at: number; found: Promise<oidc.Configuration> }>()

  const discover = async (provider: Provider): Promise<oidc.Configuration> => {
    try {
      const found = await oidc.discovery(
        new URL(provider.issuer),
        provider.clientId,
        { [oidc.clockTolerance]: clockToleranceSeconds },
        provider.clientSecret === null ? oidc.None() : bySecret(provider.clientSecret),
        {
          [oidc.customFetch]: fetchFor(fetch, provider),
          timeout: 10,
          // a signature is checked although the token comes straight from its issuer
          execute: [
            oidc.enableNonRepudiationChecks,
            ...(maySpeakPlainly(provider) ? [oidc.allowInsecureRequests] : []),
          ],
        },
      )
      refuseEverybodys(found.serverMetadata().issuer)
      return found
    } catch (error) {
      throw failureOf(error, provider)
    }
  }

  const keyOf = ({ issuer, clientId, clientSecret, privateTargets }: Provider) =>
    JSON.stringify([issuer, clientId, clientSecret, privateTargets])

  return {
    async of(provider: Provider): Promise<oidc.Configuration> {
      const key = keyOf(provider)
      const known = kept.get(key)
      if (known && now().getTime() - known.at < freshMs) return known.found
      if (kept.size >= keptMax) kept.delete(kept.keys().next().value ?? '')
      const found = discover(provider)
      kept.set(key, { at: now().getTime(), found })
      // a failure is not kept: the next one asks again
      found.catch(() => kept.delete(key))
      return found
    },
    /** It turned out to be old, for example when keys changed: the next one asks again. */
    forget: (provider: Provider) => void kept.delete(keyOf(provider)),
  }
}
export type Configurations = ReturnType<typeof createConfigurations>

/** One that calls itself by a template speaks for every directory there is, and any of those says of its people what it likes. */
const refuseEverybodys = (issuer: string) => {
  if (issuer.includes('{'))
    throw new ProviderFailure(
      'not_a_provider',
      `It calls itself ${issuer}: it signs in people of every directory. Set the issuer of your own one.`,
    )
}

/** The ways a provider takes a client's secret differ; it says which, and the plain default is by header. */
const bySecret =
  (secret: string): oidc.ClientAuth =>
  (server, ...asked) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    if (methods.includes('client_secret_basic')) return oidc.ClientSecretBasic(secret)(server, ...asked)
    if (methods.includes('client_secret_post')) return oidc.ClientSecretPost(secret)(server, ...asked)
    throw new ProviderFailure('not_a_provider', `The provider takes client secrets by ${methods.join(', ')} only.`)
  }

/** Plain http is for providers on this machine and in its network, and for whoever wrote it into the environment. */
const maySpeakPlainly = ({ issuer, privateTargets }: Provider) => privateTargets && issuer.startsWith('http:')

const fetchFor =
  (fetch: GuardedFetch, { privateTargets }: Provider): oidc.CustomFetch =>
  async (url, { body, headers, method, signal }) =>
    (await fetch(privateTargets, url, {
      method,
      headers,
      ...(body !== undefined && body !== null && { body: body as string }),
      ...(signal && { signal }),
    })) as unknown as Response
