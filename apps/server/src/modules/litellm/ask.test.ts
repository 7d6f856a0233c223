import { expect, test } from 'vitest'
import { allOf } from './ask.ts'

/** A list of this many, in pages as they are asked for. */
const listOf = (count: number) => {
  const asked: number[] = []
  const page = async ({ limit, after = '0' }: { limit: number; after?: string }) => {
    const from = Number(after)
    asked.push(from)
    const to = Math.min(count, from + limit)
    const items = Array.from({ length: to - from }, (_, index) => from + index)
    return { items, next: to < count ? String(to) : null }
  }
  return { page, asked }
}

test.each([0, 1, 100, 101, 2_101, 20_000])('a list of %i is read to its end, each entry once', async (count) => {
  expect(await allOf(listOf(count).page)).toEqual(Array.from({ length: count }, (_, index) => index))
})

test('a list too long to be answered whole is refused and not cut off', async () => {
  const { page, asked } = listOf(1_000_000)
  await expect(allOf(page)).rejects.toMatchObject({ status: 400, message: expect.stringContaining('20000 entries') })
  // and it is not read to its end first
  expect(asked.length).toBe(201)
})
