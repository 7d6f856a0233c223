import { setTimeout as sleep } from 'node:timers/promises'
import { trafficNamesMax } from '@cockpit/contract/traffic'
import { noTraffic, observeTime, quantileOf, TrafficTotals } from '@cockpit/policy'
import { expect, test } from 'vitest'
import type { TrafficRow } from './ports.ts'
import {
  accountSlice,
  chat,
  completion,
  connectionTo,
  modelNamed,
  platformSlice,
  runGateway,
  sendJson,
  stopsOfTest,
  until,
  upstream,
} from './testing.ts'

const stops = stopsOfTest()

test('what could not be written is said again, once', async () => {
  const written: TrafficRow[][] = []
  let refuses = 1
  const up = await upstream((_, res) => sendJson(res, completion('Hi.')))
  stops.push(up.close)
  const running = await runGateway(
    [platformSlice({ connections: [connectionTo(up.url)], models: [modelNamed('small')] }), accountSlice()],
    {
      traffic: {
        write: async (_, rows) => {
          if (refuses-- > 0) throw new Error('the database is away')
          written.push([...rows])
        },
      },
    },
  )
  stops.push(running.stop)
  await chat(running.url, { messages: [{ role: 'user', content: 'Hi' }] })
  await until(() => written.length > 0, 'the traffic is written')
  const rows = written[0]?.filter(({ accountId }) => accountId === 'acc_1')
  expect(rows).toMatchObject([{ body: { all: { requests: 1, errors: 0 }, models: { small: { requests: 1 } } } }])
  await sleep(1_500)
  expect(written).toHaveLength(1)
})

test('a percentile is right to a twentieth', () => {
  const sketch = {}
  for (let ms = 1; ms <= 1_000; ms++) observeTime(sketch, ms)
  for (const share of [0.5, 0.95]) {
    const told = quantileOf(sketch, share) ?? 0
    expect(Math.abs(told - share * 1_000) / (share * 1_000)).toBeLessThan(0.05)
  }
  expect(quantileOf({}, 0.5)).toBeNull()
})

test('beyond the busiest names the rest stands together, and nothing is lost', () => {
  const totals = new TrafficTotals()
  for (let index = 0; index < trafficNamesMax + 5; index++)
    totals.add({ ...noTraffic(), requests: 100 - index }, { keys: `key_${index}` }, new Map())
  const { all, keys } = totals.body()
  expect(Object.keys(keys)).toHaveLength(trafficNamesMax + 1)
  expect(keys['*']?.requests).toBe(60 + 59 + 58 + 57 + 56)
  expect(Object.values(keys).reduce((sum, { requests }) => sum + requests, 0)).toBe(all.requests)
})
