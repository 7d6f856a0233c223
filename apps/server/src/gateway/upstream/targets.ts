import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { SliceConnection } from '@cockpit/contract/snapshot'
import { type Dispatcher, Pool } from 'undici'
import type { Log, Redact } from '../../platform/index.ts'
import { redactorOf } from '../../platform/redact.ts'
import type { GatewayConfig } from '../config.ts'
import type { AddressPort, SecretPort } from '../ports.ts'
import { type Provider, providerOf } from '../providers/index.ts'
import { asker, signedBy } from './signed.ts'
import { createWirePool } from './wire/index.ts'

/** A connection, ready to be called: its secret opened, its headers built, its sockets pooled. */
export type Target = {
  readonly connection: SliceConnection
  readonly provider: Provider
  readonly dispatcher: Pick<Dispatcher, 'dispatch'>
  readonly origin: string
  /** Judges addresses for whoever opens a connection of its own; absent where any may be called. */
  readonly lookup: LookupFunction | undefined
  /** Path of the base URL, without a trailing slash. */
  readonly basePath: string
  readonly headers: readonly string[]
  /** Of these, what the provider knows the connection by; empty where each request is signed. */
  readonly credentials: readonly string[]
  /** Whatever the provider says must pass here before anybody reads it: it may repeat the credential it was sent. */
  readonly redact: Redact
  /** Why it cannot be called at all. */
  readonly broken: string | null
}

type Deps = {
  secrets: SecretPort
  addresses: AddressPort
  log: Log
  config: Pick<GatewayConfig, 'socketsMax' | 'answerBytesMax' | 'allowPrivateTargets'>
  demoUrl: () => string | null
}

type UpstreamPool = Pick<Dispatcher, 'dispatch'> & { destroy(): Promise<void> }

const keepAliveMs = 30_000
const isHeaderValue = /^[\x20-\x7e\x80-\xff]*$/
const agent = 'cockpit-gateway'
const plainHeaders: readonly string[] = ['content-type', 'application/json', 'user-agent', agent]

export const createTargets = ({ secrets, addresses, log, config, demoUrl }: Deps) => {
  // a slice that is replaced brings new connection objects, so what was built for the old ones falls away with them
  const built = new WeakMap<SliceConnection, Target>()
  const pools = new Map<string, UpstreamPool>()

  const poolFor = (origin: string, connectMs: number, guarded: boolean): UpstreamPool => {
    const name = `${origin}|${connectMs}|${guarded}`
    const known = pools.get(name)
    if (known) return known
    const connections = config.socketsMax
    const lookup = guarded ? publicOnly(addresses) : undefined
    const pool = origin.startsWith('http:')
      ? createWirePool(origin, { connections, connectMs, keepAliveMs, lookup })
      : new Pool(origin, {
          connections,
          pipelining: 1,
          allowH2: false,
          keepAliveTimeout: keepAliveMs,
          connect: { timeout: connectMs, noDelay: true, ...(lookup && { lookup }) },
        })
    pools.set(name, pool)
    return pool
  }

  const isPrivateLiteral = ({ hostname }: URL): boolean => {
    const host = hostname.replace(/^\[|\]$/g, '')
    return isIP(host) !== 0 && addresses.isPrivate(host)
  }

  const build = (connection: SliceConnection, ownedByAccount: boolean): Target => {
    const provider = providerOf(connection.kind, connection.options)
    const base = {
      connection,
      provider,
      dispatcher: nowhere,
      basePath: '',
      origin: '',
      lookup: undefined,
      headers: [],
      credentials: [],
      redact: redactorOf(null),
    }
    const address = connection.kind === 'demo' ? demoUrl() : (connection.baseUrl ?? provider.baseUrl)
    if (address === null) return { ...base, broken: `Provider connection '${connection.name}' has no address.` }
    const url = new URL(address)
    const guarded = ownedByAccount && connection.kind !== 'demo' && !config.allowPrivateTargets
    if (guarded && isPrivateLiteral(url))
      return {
        ...base,
        broken: `Provider connection '${connection.name}' leads into the network of this installation.`,
      }
    let secret: string | null = null
    try {
      if (connection.sealedSecret !== null) secret = secrets.open(connection.sealedSecret, connection.secretContext)
    } catch (error) {
      log.error({ err: error, connectionId: connection.id }, 'secret of a provider connection cannot be opened')
      return { ...base, broken: `The secret of provider connection '${connection.name}' cannot be opened.` }
    }
    const credentialed = withCredential(provider, { secret, url, guarded, connectMs: connection.timeouts.connectMs })
    if ('broken' in credentialed)
      return { ...base, broken: `Provider connection '${connection.name}' cannot be used: ${credentialed.broken}` }
    const lookup = guarded ? publicOnly(addresses) : undefined
    const basePath = url.pathname.replace(/\/+$/, '')
    return { ...base, ...credentialed, origin: url.origin, lookup, basePath, broken: null }
  }

  type Way = { secret: string | null; url: URL; guarded: boolean; connectMs: number }
  type Credentialed = Pick<Target, 'dispatcher' | 'headers' | 'credentials' | 'redact'>

  /** The credential as a header, or what makes one for each request. */
  const withCredential = (provider: Provider, way: Way): Credentialed | { broken: string } => {
    const { secret, url, guarded, connectMs } = way
    const pool = poolFor(url.origin, connectMs, guarded)
    if (!provider.authorize)
      return secret === null || isHeaderValue.test(secret)
        ? known(pool, provider.credentials(secret), secret)
        : { broken: 'its secret holds characters no key has.' }
    const ask = asker((to) => {
      if (guarded && isPrivateLiteral(to)) throw Object.assign(new Error('private address'), { code: 'PRIVATE_TARGET' })
      return poolFor(to.origin, connectMs, guarded)
    })
    const authorizer = provider.authorize(secret ?? '', url, { now: Date.now, ask })
    if ('broken' in authorizer) return authorizer
    const redactors = authorizer.secrets.map(redactorOf)
    return {
      dispatcher: signedBy(authorizer, url.origin, pool),
      headers: plainHeaders,
      credentials: [],
      redact: (text) => redactors.reduce((clean, redact) => redact(clean), text),
    }
  }

  const known = (dispatcher: UpstreamPool, credentials: readonly string[], secret: string | null): Credentialed => ({
    dispatcher,
    credentials,
    headers: [...plainHeaders, ...credentials],
    redact: redactorOf(secret),
  })

  return {
    of(connection: SliceConnection, ownedByAccount: boolean): Target {
      const known = built.get(connection)
      if (known) return known
      const target = build(connection, ownedByAccount)
      built.set(connection, target)
      return target
    },
    async close(): Promise<void> {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  }
}
export type Targets = ReturnType<typeof createTargets>

const nowhere: Pick<Dispatcher, 'dispatch'> = { dispatch: () => false }

/** Judges the very addresses the socket will use, so a name cannot resolve differently a moment later. */
export const publicOnly =
  (addresses: AddressPort): LookupFunction =>
  (hostname, options, done) =>
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error) return done(error, [])
      const [first] = found
      if (!first || found.some(({ address }) => addresses.isPrivate(address)))
        return done(Object.assign(new Error('private address'), { code: 'PRIVATE_TARGET' }), [])
      return options.all ? done(null, found) : done(null, first.address, first.family)
    })
