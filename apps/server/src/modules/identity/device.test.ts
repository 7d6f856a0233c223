import { expect, test } from 'vitest'
import { deviceOf, placeOf } from './device.ts'

test.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox 128 · Windows'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
    'Safari 17 · iOS',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0',
    'Microsoft Edge 126 · Linux',
  ],
  [null, null],
  ['', null],
])('a browser that says %s is %s', (agent, device) => {
  expect(deviceOf(agent)).toBe(device)
})

test.each([
  ['127.0.0.1', 'this_machine'],
  ['::1', 'this_machine'],
  ['::ffff:127.0.0.1', 'this_machine'],
  ['10.1.2.3', 'local_network'],
  ['172.20.0.1', 'local_network'],
  ['172.32.0.1', 'public_address'],
  ['192.168.1.4', 'local_network'],
  ['fd12::1', 'local_network'],
  ['fe80::1', 'local_network'],
  ['203.0.113.7', 'public_address'],
  ['2001:db8::1', 'public_address'],
  ['nonsense', null],
  [null, null],
])('the address %s is %s', (ip, place) => {
  expect(placeOf(ip)).toBe(place)
})
