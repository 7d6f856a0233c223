import { BlockList, isIP } from 'node:net'
import { kindFacts } from '@cockpit/contract/provider-kinds'
import type { ProviderKind } from '@cockpit/contract/providers'

export type CheckedUrl = { url: string | null } | { wrong: string }

/**
 * The address a connection stores: the provider's own when none is given, without a trailing slash. Paths are appended
 * to it: `/chat/completions` for OpenAI style, `/models/…` for Gemini, `/v1/messages` for Anthropic, so a `/v1` there is
 * taken off; those of Azure begin at the resource, so that one address serves both of its surfaces.
 */
export const baseUrlOf = (kind: ProviderKind, given: string | undefined): CheckedUrl => {
  if (kind === 'demo') return given === undefined ? { url: null } : { wrong: 'a demo connection has no address' }
  if (given === undefined) return { url: kindFacts(kind).baseUrl }
  const url = new URL(given)
  if (url.username || url.password) return { wrong: 'must not hold a user name or password; the key goes into secret' }
  if (url.search || url.hash) return { wrong: 'must not hold a query or fragment' }
  const path = url.pathname.replace(/\/+$/, '')
  return { url: url.origin + path.replace(appended[kind] ?? never, '') }
}

/** The end of a path that the gateway itself appends. */
const appended: Partial<Record<ProviderKind, RegExp>> = {
  anthropic: /\/v1$/,
  azure: /\/openai(\/v1|\/deployments(\/.*)?)?$/,
}
const never = /(?!)/

/** Whether a stored key may travel to a changed address: only to the same host, or a key could be sent anywhere. */
export const sameHost = (before: string | null, after: string | null): boolean =>
  before !== null && after !== null && new URL(before).host === new URL(after).host

/** The associated data a connection's key is sealed with: a value moved to another row does not open. */
export const secretContext = (accountId: string, connectionId: string) => `${accountId}|${connectionId}|secret`

/** Whether an address lies inside the own machine or network, where a tenant's connection has no business. */
export const isPrivateAddress = (address: string): boolean => {
  const version = isIP(address)
  return version === 0 || privateRanges.check(address, version === 6 ? 'ipv6' : 'ipv4')
}

/** Whether the URL names such an address without any look-up. Names are judged when they resolve. */
export const namesPrivateAddress = (baseUrl: string): boolean => {
  const host = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '')
  return isIP(host) ? isPrivateAddress(host) : /(^|\.)localhost\.?$/.test(host)
}

/** Whether only this very machine reaches whoever listens on this host. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4'))

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const privateRanges = new BlockList()
const v4: [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]
// the last four carry an IPv4 address inside and would lead around the list above
const v6: [string, number][] = [
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
]
for (const [net, prefix] of v4) privateRanges.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of v6) privateRanges.addSubnet(net, prefix, 'ipv6')
