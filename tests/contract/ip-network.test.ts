import { BlockList } from 'node:net'
import { addressOf, isInside, type Network, networkOf, networkText } from '@cockpit/contract/ip-network'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const known = (text: string): Network => {
  const network = networkOf(text)
  if (typeof network === 'string') throw new Error(network)
  return network
}
const within = (network: string, address: string) => {
  const found = addressOf(address)
  return found !== null && isInside(known(network), found)
}
const widths = { 4: 32, 6: 128 } as const
const networks = fc.constantFrom(4 as const, 6 as const).chain((family) =>
  fc
    .tuple(fc.bigInt({ min: 1n << 64n, max: (1n << 128n) - 1n }), fc.integer({ min: 0, max: widths[family] }))
    .map(([random, prefix]): Network => {
      const rest = BigInt(widths[family] - prefix)
      const bits = family === 4 ? random & 0xffff_ffffn : random
      return { family, prefix, bits: (bits >> rest) << rest }
    }),
)
const baseOf = (network: Network) => networkText(network).split('/')[0] ?? ''

describe('networks', () => {
  test('every network reads as what it is written as', () => {
    fc.assert(
      fc.property(networks, (network) => {
        expect(networkOf(networkText(network))).toEqual(network)
      }),
    )
  })

  test('an address lies in a network exactly where Node says so', () => {
    fc.assert(
      fc.property(networks, networks, fc.boolean(), (network, other, near) => {
        const flipped = { ...network, bits: network.bits ^ (1n << (other.bits % BigInt(widths[network.family]))) }
        const asked = near ? flipped : other
        const oracle = new BlockList()
        oracle.addSubnet(baseOf(network), network.prefix, network.family === 4 ? 'ipv4' : 'ipv6')
        const text = baseOf({ ...asked, prefix: 0 })
        const expected = asked.family === network.family && oracle.check(text, asked.family === 4 ? 'ipv4' : 'ipv6')
        expect(within(networkText(network), text)).toBe(expected)
      }),
    )
  })

  test('an IPv4 address mapped into IPv6 is the IPv4 one, in addresses and in networks', () => {
    expect(within('203.0.113.0/24', '::ffff:203.0.113.9')).toBe(true)
    expect(within('203.0.113.0/24', '::ffff:cb00:7109')).toBe(true)
    expect(within('203.0.113.0/24', '::ffff:203.0.114.9')).toBe(false)
    expect(networkText(known('::ffff:203.0.113.0/120'))).toBe('203.0.113.0/24')
    expect(within('::/0', '203.0.113.9')).toBe(false)
  })

  test('one address is a network of its own, and each network has one form', () => {
    expect(networkText(known('203.0.113.7'))).toBe('203.0.113.7/32')
    expect(networkText(known('2001:DB8:0:0:0:0:0:0/32'))).toBe('2001:db8::/32')
    expect(networkText(known('::'))).toBe('::/128')
    expect(networkText(known('1:0:0:2:0:0:0:3'))).toBe('1:0:0:2::3/128')
  })

  test.each([
    ['203.0.113.7/24', '203.0.113.0/24 is the network it lies in'],
    ['203.0.113.0/33', 'a prefix length from 0 to 32'],
    ['203.0.113.0/024', 'a prefix length from 0 to 32'],
    ['203.0.113.0/', 'a prefix length from 0 to 32'],
    ['2001:db8::/129', 'a prefix length from 0 to 128'],
    ['::ffff:0.0.0.0/95', 'write the IPv4 network itself'],
    ['203.0.113.0/24/1', 'neither an address nor a network'],
    ['203.0.113.07', 'neither an address nor a network'],
    ['203.0.113', 'neither an address nor a network'],
    ['256.0.0.1', 'neither an address nor a network'],
    ['1::2::3', 'neither an address nor a network'],
    ['1:2:3:4:5:6:7', 'neither an address nor a network'],
    ['1:2:3:4:5:6:7:8:9', 'neither an address nor a network'],
    ['fe80::1%eth0', 'neither an address nor a network'],
    ['office', 'neither an address nor a network'],
    ['', 'neither an address nor a network'],
  ])("'%s' is refused with a sentence that helps", (text, sentence) => {
    expect(networkOf(text)).toContain(sentence)
  })
})
