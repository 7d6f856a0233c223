/** Addresses and networks of the internet protocol as numbers, read strictly. An IPv4 address mapped into IPv6 is the IPv4 one. */
export type Address = { readonly family: 4 | 6; readonly bits: bigint }
export type Network = Address & { readonly prefix: number }

const widthOf = (family: 4 | 6) => (family === 4 ? 32 : 128)
const mappedPrefix = 0xffffn

/** Null for whatever is no address; a zone, as of link-local addresses, is left away. */
export const addressOf = (text: string): Address | null => {
  const [bare = ''] = text.split('%')
  const v4 = v4Bits(bare)
  if (v4 !== null) return { family: 4, bits: v4 }
  const v6 = v6Bits(bare)
  return v6 === null ? null : unmapped(v6)
}

/** A network such as `203.0.113.0/24` or `2001:db8::/32`, or one address; a sentence that says what is wrong with others. */
export const networkOf = (text: string): Network | string => {
  const [base = '', length, ...more] = text.split('/')
  const address = more.length > 0 || base.includes('%') ? null : addressOf(base)
  if (!address) return `'${text}' is neither an address nor a network such as 203.0.113.0/24 or 2001:db8::/32`
  const wide = base.includes(':') ? 128 : 32
  const given = length === undefined ? wide : /^(0|[1-9]\d{0,2})$/.test(length) ? Number(length) : Number.NaN
  if (!(given <= wide)) return `'${text}' needs a prefix length from 0 to ${wide} behind its slash`
  return wide === 128 && address.family === 4 ? mappedNetwork(text, address, given) : aligned(text, address, given)
}

/** In the one form in which it is kept and shown. */
export const networkText = ({ family, bits, prefix }: Network): string =>
  `${family === 4 ? v4Text(bits) : v6Text(bits)}/${prefix}`

export const isInside = (network: Network, address: Address): boolean =>
  network.family === address.family && headOf(address, network.prefix) === headOf(network, network.prefix)

const headOf = ({ family, bits }: Address, prefix: number): bigint => bits >> BigInt(widthOf(family) - prefix)

const aligned = (text: string, address: Address, prefix: number): Network | string => {
  const rest = BigInt(widthOf(address.family) - prefix)
  const bits = (address.bits >> rest) << rest
  if (bits === address.bits) return { ...address, prefix }
  return `'${text}' has more bits set than its prefix has; ${networkText({ ...address, bits, prefix })} is the network it lies in`
}

const mappedNetwork = (text: string, address: Address, prefix: number): Network | string =>
  prefix >= 96
    ? aligned(text, address, prefix - 96)
    : `'${text}' is wider than the IPv4 addresses mapped into IPv6; write the IPv4 network itself`

const unmapped = (bits: bigint): Address =>
  bits >> 32n === mappedPrefix ? { family: 4, bits: bits & 0xffff_ffffn } : { family: 6, bits }

const v4Bits = (text: string): bigint | null => {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  // a leading zero means octal to some readers and nothing to others
  const isPlain = parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  return isPlain ? parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n) : null
}

const v6Bits = (text: string): bigint | null => {
  const groups = hexGroups(text)
  if (groups === null) return null
  const [head = '', tail, ...more] = groups.split('::')
  if (more.length > 0) return null
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = 8 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  const all = [...before, ...Array<string>(missing).fill('0'), ...after]
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
  return all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

/** With an IPv4 address at its end written as the two groups it is. */
const hexGroups = (text: string): string | null => {
  if (!text.includes('.')) return text.includes(':') ? text : null
  const colon = text.lastIndexOf(':')
  const bits = colon < 0 ? null : v4Bits(text.slice(colon + 1))
  if (bits === null) return null
  return `${text.slice(0, colon + 1)}${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`
}

const v4Text = (bits: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.')

/** As RFC 5952 asks: the longest run of zero groups, if it is one, is left out. */
const v6Text = (bits: bigint): string => {
  const groups = Array.from({ length: 8 }, (_, at) => ((bits >> BigInt(112 - 16 * at)) & 0xffffn).toString(16))
  const runs = groups.map((_, at) => {
    const end = groups.findIndex((group, next) => next >= at && group !== '0')
    return (end < 0 ? 8 : end) - at
  })
  const longest = Math.max(...runs)
  if (longest < 2) return groups.join(':')
  const at = runs.indexOf(longest)
  return `${groups.slice(0, at).join(':')}::${groups.slice(at + longest).join(':')}`
}
