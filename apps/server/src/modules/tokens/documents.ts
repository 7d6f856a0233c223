/** What an issuer publishes: its discovery document and its keys. Fetched when needed, once at a time, and kept. */
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { Clock } from '../../platform/index.ts'
import { isObject, textOf } from './claims.ts'
import type { Issuer, IssuerHttp } from './port.ts'

/** An unknown key id makes it look for new keys this often at most: anybody can invent key ids. */
export const coolDownMs = 30_000
/** Keys are renewed in the background after this time, so that one that was withdrawn stops counting. */
export const freshMs = 5 * 60_000
/** For how long keys count while the issuer does not answer. */
export const staleMs = 24 * 3_600_000

export type Endpoints = { jwks: string | null; introspection: string | null; userinfo: string | null }
export type KeysHealth = {
  url: string | null
  keyIds: string[]
  fetchedAt: string | null
  lastError: string | null
  lastErrorAt: string | null
}

type Deps = { http: IssuerHttp; now: Clock; allowPrivateTargets: boolean }

/** One issuer, as it is known from its documents. */
export const createDocuments = (issuer: Issuer, { http, now, allowPrivateTargets }: Deps) => {
  // whom the operator named may stand in the own network; whom an account named may not, where accounts are strangers
  const options = { privateTargets: issuer.accountId === null || allowPrivateTargets }
  let endpoints: Endpoints | null = null
  let keys: JWTVerifyGetKey | null = null
  let keyIds: string[] = []
  let keysUrl: string | null = issuer.jwksUrl
  let fetchedAt: number | null = null
  let triedAt: number | null = null
  let failure: { message: string; at: number } | null = null
  let fetching: Promise<void> | null = null

  const discover = async (): Promise<Endpoints> => {
    if (endpoints) return endpoints
    const { status, body } = await http.get(
      `${issuer.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
      options,
    )
    if (status !== 200 || !isObject(body)) throw new Error(`its discovery document answers ${status}`)
    if (body.issuer !== issuer.issuer) throw new Error(`its discovery document calls it '${textOf(body.issuer)}'`)
    endpoints = {
      jwks: textOf(body.jwks_uri),
      introspection: textOf(body.introspection_endpoint),
      userinfo: textOf(body.userinfo_endpoint),
    }
    return endpoints
  }

  const fetchKeys = async () => {
    triedAt = now().getTime()
    try {
      keysUrl = issuer.jwksUrl ?? (await discover()).jwks
      if (keysUrl === null) throw new Error('its discovery document names no keys')
      const { status, body } = await http.get(keysUrl, options)
      if (status !== 200 || !isObject(body) || !Array.isArray(body.keys)) throw new Error(`its keys answer ${status}`)
      const set = body as unknown as JSONWebKeySet
      keys = createLocalJWKSet(set)
      keyIds = set.keys.flatMap(({ kid }) => textOf(kid) ?? []).slice(0, 50)
      fetchedAt = now().getTime()
      failure = null
    } catch (error) {
      endpoints = null // it may have moved them: the next one asks where they are
      failure = { message: error instanceof Error ? error.message : String(error), at: now().getTime() }
    }
  }
  const refresh = (): Promise<void> => {
    fetching ??= fetchKeys().finally(() => {
      fetching = null
    })
    return fetching
  }
  const rested = () => triedAt === null || now().getTime() - triedAt >= coolDownMs

  return {
    issuer,
    options,
    discover,
    /** Keys as they are known, or after asking; null when the issuer does not tell any. */
    async keys(): Promise<JWTVerifyGetKey | null> {
      const age = fetchedAt === null ? Number.POSITIVE_INFINITY : now().getTime() - fetchedAt
      if (age > staleMs && rested()) await refresh()
      else if (age > freshMs && rested()) void refresh()
      else if (fetching && keys === null) await fetching
      return fetchedAt !== null && now().getTime() - fetchedAt <= staleMs ? keys : null
    },
    /** After a key id that is not among them: true when it has asked again, false while it must rest. */
    async lookAgain(): Promise<boolean> {
      if (!fetching && !rested()) return false
      await refresh()
      return true
    },
    health: (): KeysHealth => ({
      url: keysUrl,
      keyIds,
      fetchedAt: fetchedAt === null ? null : new Date(fetchedAt).toISOString(),
      lastError: failure?.message ?? null,
      lastErrorAt: failure ? new Date(failure.at).toISOString() : null,
    }),
  }
}
export type Documents = ReturnType<typeof createDocuments>
