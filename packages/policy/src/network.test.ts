import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clientAddress, isAllowedFrom, networksOf, senderOf } from './network.ts'

const proxies = networksOf(['10.0.0.0/8', '127.0.0.0/8']) ?? []
const anyAddress = fc.ipV4().filter((address) => !isAllowedFrom(proxies, address))

describe('where a request comes from', () => {
  test('whoever is no trusted proxy is the client, whatever they forward', () => {
    fc.assert(
      fc.property(anyAddress, fc.array(fc.ipV4()), (peer, forwarded) => {
        expect(clientAddress(peer, forwarded.join(', '), proxies)).toBe(peer)
      }),
    )
  })

  test('behind trusted proxies it is the last address that is none of them; what a client writes before it says nothing', () => {
    fc.assert(
      fc.property(anyAddress, fc.array(fc.ipV4()), fc.integer({ min: 0, max: 3 }), (client, forged, hops) => {
        const chain = [...forged, client, ...Array.from({ length: hops }, (_, at) => `10.1.1.${at}`)]
        expect(clientAddress('127.0.0.1', chain.join(','), proxies)).toBe(client)
      }),
    )
  })

  test('a proxy that forwards nothing is the client itself, and an unreadable hop is trusted by nobody', () => {
    expect(clientAddress('127.0.0.1', undefined, proxies)).toBe('127.0.0.1')
    expect(clientAddress('::ffff:127.0.0.1', '203.0.113.9', proxies)).toBe('203.0.113.9')
    expect(clientAddress('127.0.0.1', '203.0.113.9, rubbish', proxies)).toBe('rubbish')
  })

  test('no list lets everybody in; a list lets in what it holds, and neither the unknown nor the unreadable', () => {
    expect(isAllowedFrom(networksOf([]), 'rubbish')).toBe(true)
    const list = networksOf(['203.0.113.0/24', '2001:db8::/32'])
    expect(isAllowedFrom(list, '203.0.113.200')).toBe(true)
    expect(isAllowedFrom(list, '2001:db8::1')).toBe(true)
    for (const address of ['203.0.114.1', '2001:db9::1', 'rubbish', '', null])
      expect(isAllowedFrom(list, address)).toBe(false)
    expect(isAllowedFrom(networksOf(['rubbish']), '203.0.113.1')).toBe(false)
  })
})

test('tries of one address count together, and so do those of one /64 of IPv6, whichever address of it is taken', () => {
  expect(senderOf('203.0.113.9')).toBe('203.0.113.9')
  expect(senderOf('::ffff:203.0.113.9')).toBe('203.0.113.9')
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 }), (groups) => {
      const inside = groups.map((group) => group.toString(16)).join(':')
      expect(senderOf(`2001:db8:0:1:${inside}`)).toBe('2001:db8:0:1::/64')
      expect(senderOf(`2001:db8:0:2:${inside}`)).toBe('2001:db8:0:2::/64')
    }),
  )
  expect([senderOf('rubbish'), senderOf(null)]).toEqual(['rubbish', 'null'])
})
