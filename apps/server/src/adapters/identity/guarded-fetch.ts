import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent, fetch, type RequestInit } from 'undici'
import { isPrivateAddress, namesPrivateAddress } from '../../modules/providers/index.ts'

/** A name that leads into the own network, where the provider of an account must not stand. */
export class PrivateTarget extends Error {
  readonly code = 'PRIVATE_TARGET'
}

type Options = { lookup: typeof systemLookup; timeoutMs: number; bytesMax: number }
export const fetchBounds: Options = { lookup: systemLookup, timeoutMs: 10_000, bytesMax: 1 << 20 }

/**
 * Fetches for OpenID Connect: bounded in time and size, never redirected, and for providers of accounts never into the own
 * network. The very addresses the socket will use are judged, so a name cannot resolve differently a moment later.
 */
export const createGuardedFetch = ({ lookup, timeoutMs, bytesMax }: Options = fetchBounds) => {
  const bounds = { maxHeaderSize: 32 << 10, maxResponseSize: bytesMax, keepAliveTimeout: 4_000, connections: 8 }
  const anywhere = new Agent({ ...bounds, connect: { timeout: 5_000 } })
  const outside = new Agent({ ...bounds, connect: { timeout: 5_000, lookup: publicOnly(lookup) } })
  return async (privateTargets: boolean, url: string, init: RequestInit = {}) => {
    if (!privateTargets && namesPrivateAddress(url)) throw new PrivateTarget()
    const timeout = AbortSignal.timeout(timeoutMs)
    return fetch(url, {
      ...init,
      redirect: 'manual',
      dispatcher: privateTargets ? anywhere : outside,
      signal: init.signal ? AbortSignal.any([init.signal, timeout]) : timeout,
    })
  }
}
export type GuardedFetch = ReturnType<typeof createGuardedFetch>

const publicOnly =
  (lookup: typeof systemLookup): LookupFunction =>
  (hostname, options, done) =>
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error) return done(error, [])
      if (found.some(({ address }) => isPrivateAddress(address))) return done(new PrivateTarget(), [])
      const [first] = found
      if (options.all || !first) return done(null, found)
      return done(null, first.address, first.family)
    })
