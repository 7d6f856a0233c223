/** Where a request comes from, and whether it may. */
import { addressOf, isInside, type Network, networkOf, networkText } from '@cockpit/contract/ip-network'
import { type Denial, refuse } from './denial.ts'
import type { AccountWorld } from './world.ts'

/** This machine. */
export const loopback = ['127.0.0.0/8', '::1/128'] as const

/** Networks as they are kept; null for none, which means everywhere. */
export const networksOf = (texts: readonly string[] | undefined): readonly Network[] | null => {
  if (texts === undefined || texts.length === 0) return null
  // what cannot be read lets nobody in, and neither opens the list nor breaks the slice it stands in
  return texts.map(networkOf).filter((network) => typeof network !== 'string')
}

/** Without networks from everywhere; with them an address that cannot be read is outside. */
export const isAllowedFrom = (networks: readonly Network[] | null, address: string | null): boolean => {
  if (networks === null) return true
  const known = address === null ? null : addressOf(address)
  return known !== null && networks.some((network) => isInside(network, known))
}

/**
 * The address of whoever sent a request: the connection's, or where that is one of the trusted proxies the last address
 * of `x-forwarded-for` that is not. What stands before that was written by somebody nobody knows.
 */
export const clientAddress = (peer: string, forwarded: string | undefined, trusted: readonly Network[]): string => {
  const isTrusted = (address: string) => trusted.length > 0 && isAllowedFrom(trusted, address)
  const hops = forwarded === undefined ? [] : forwarded.split(',').map((hop) => hop.trim())
  let address = peer
  while (isTrusted(address)) {
    const before = hops.pop()
    if (before === undefined || before === '') break
    address = before
  }
  return address
}

/**
 * Whose tries count together: those of one IPv4 address, or of one /64, in which whoever has one address of IPv6 has all.
 * What cannot be read counts as it is written.
 */
export const senderOf = (address: string | null): string => {
  const known = address === null ? null : addressOf(address)
  if (!known) return String(address)
  if (known.family === 6) return networkText({ family: 6, bits: (known.bits >> 64n) << 64n, prefix: 64 })
  return networkText({ ...known, prefix: 32 }).replace(/\/32$/, '')
}

/** Why an account's gateway takes no calls from an address; null when it does. */
export const networkDenial = ({ slice: { account }, networks }: AccountWorld, address: string): Denial | null => {
  if (isAllowedFrom(networks, address)) return null
  const { id, name } = account
  return refuse('network.not_allowed', `Account '${name}' takes no calls from the address ${address}.`, {
    type: 'account',
    id,
    name,
  })
}
