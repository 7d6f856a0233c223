import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPace } from './pace.ts'

const clock = () => {
  let ms = 1_000
  return {
    now: () => new Date(ms),
    pass: (more: number) => {
      ms += more
    },
  }
}

test('so many may come at once, then as many as time brings, each for themselves', () => {
  const { now, pass } = clock()
  const pace = createPace(now, { perSecond: 10, burst: 3 })
  expect([1, 2, 3, 4].map(() => pace.take('a'))).toEqual([0, 0, 0, 100])
  expect(pace.take('b')).toBe(0)
  pass(99)
  expect(pace.take('a')).toBe(1)
  pass(1)
  expect(pace.take('a')).toBe(0)
  pass(60_000)
  expect([1, 2, 3, 4].map(() => pace.take('a') === 0)).toEqual([true, true, true, false])
})

test('of too many the one who has been away longest is forgotten', () => {
  const { now, pass } = clock()
  const pace = createPace(now, { perSecond: 1, burst: 1, knownMax: 2 })
  for (const who of ['a', 'b', 'a']) {
    pace.take(who)
    pass(10)
  }
  expect(pace.take('c')).toBe(0)
  expect(pace.take('a')).toBeGreaterThan(0)
  expect(pace.take('b')).toBe(0)
})

test('nobody comes more often than the burst and what time brought, and whoever waits as told may come', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: -20, max: 300 }), { maxLength: 200 }),
      (perSecond, burst, rests) => {
        const { now, pass } = clock()
        const pace = createPace(now, { perSecond, burst })
        const from = now().getTime()
        let [came, latest] = [0, from]
        for (const rest of rests) {
          pass(rest)
          latest = Math.max(latest, now().getTime())
          if (pace.take('a') === 0) came++
        }
        // a clock that is put back brings nothing, and what it brought before is not taken back
        const back = rests.filter((rest) => rest < 0).reduce((sum, rest) => sum - rest, 0)
        expect(came).toBeLessThanOrEqual(burst + ((latest - from + back) * perSecond) / 1000 + 1e-6)
        const wait = pace.take('a')
        pass(wait)
        if (wait > 0) expect(pace.take('a')).toBe(0)
      },
    ),
  )
})
