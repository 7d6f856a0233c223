import fc from 'fast-check'
import { expect, test } from 'vitest'
import { estimatedUsage } from '../dialects/index.ts'
import { createAnswerStore } from './store.ts'

const answer = (bytes: number, { at = 0, until = 100 } = {}) => ({
  ...{ form: 'whole' as const, contentType: 'application/json', usage: estimatedUsage(1, 1), at, until },
  body: Buffer.alloc(bytes, 'x'),
})

test('an answer is given until its time is over, and its memory is free then', () => {
  const store = createAnswerStore({ bytesMax: 10_000 })
  store.keep('a', answer(100))
  expect(store.find('a', 99)?.body).toHaveLength(100)
  expect(store.find('a', 100)).toBeNull()
  expect(store.size()).toEqual({ entries: 0, bytes: 0 })
})

test('the answer nobody asked for longest makes room', () => {
  const store = createAnswerStore({ bytesMax: 3_500 })
  store.keep('a', answer(1_000))
  store.keep('b', answer(1_000))
  store.find('a', 1)
  store.keep('c', answer(1_000))
  expect([store.find('a', 1), store.find('b', 1), store.find('c', 1)].map(Boolean)).toEqual([true, false, true])
})

test('whatever is kept, it never takes more memory than it may, and what is found is what was kept last', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), bytes: fc.integer({ min: 0, max: 4_000 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const store = createAnswerStore({ bytesMax: 6_000 })
      for (const { key, bytes } of steps) {
        store.keep(key, answer(bytes))
        expect(store.size().bytes).toBeLessThanOrEqual(6_000)
        expect(store.find(key, 1)?.body.length).toBe(bytes)
      }
    }),
  )
})
