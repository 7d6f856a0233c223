/** Many calls at once in both dialects, and the books that must agree with what was answered, whatever happened meanwhile. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { microsOf } from '@cockpit/contract/money'
import { expect } from 'vitest'
import { eventually, type TestAccount } from '../support/account.ts'
import type { Reachable } from '../support/reach.ts'
import { callers } from './callers.ts'

type Key = { secret: string }
type Load = {
  keys: readonly Key[]
  model: { name: string }
  callersAtOnce: number
  /** What of a failed call ends the load; the others are only counted. */
  endsWith: (error: unknown) => boolean
  onAnswer: (count: number) => void
  isOver?: () => boolean
}

/** Calls, streamed and not, until something ends it. Answers the ids of what was answered whole, and what failed how often. */
export const load = async (url: string, { keys, model, callersAtOnce, endsWith, onAnswer, isOver }: Load) => {
  const whole: string[] = []
  const failed = new Map<number, number>()
  let over = false
  const work = async (at: number) => {
    for (let nth = at; !over && !isOver?.(); nth++) {
      const key = keys[nth % keys.length]
      const caller = callers[nth % callers.length]
      if (!key || !caller) throw new Error('nobody calls')
      try {
        const tenant = { url, key, model } as Parameters<typeof caller.ask>[0]
        const { requestId, stop } = await caller.ask(tenant, { stream: nth % 3 !== 0, maxTokens: 50 })
        if (!requestId || !stop) throw new Error('an answer without id or end was taken for whole')
        whole.push(requestId)
        onAnswer(whole.length)
      } catch (error) {
        const { status = 0 } = error as { status?: number }
        failed.set(status, (failed.get(status) ?? 0) + 1)
        if (endsWith(error)) over = true
      }
    }
  }
  await Promise.all(Array.from({ length: callersAtOnce }, (_, at) => work(at)))
  return { whole, failed }
}

export const allOf = async <T>(
  page: (after: string | undefined) => Promise<{ items: T[]; next: string | null }>,
): Promise<T[]> => {
  const items: T[] = []
  for (let after: string | undefined; ; ) {
    const { items: some, next } = await page(after)
    items.push(...some)
    if (next === null) return items
    after = next
  }
}
export const sum = (amounts: string[]) => amounts.reduce((total, amount) => total + microsOf(amount), 0n)

/** Directories of the write-ahead file, one for each process that has not ended in order. */
export const walProcesses = (dataDir: string) => readdirSync(path.join(dataDir, 'wal'))
/** Nothing that a dead process wrote waits to be booked any more. */
export const inherited = (dataDir: string, processes: number) =>
  eventually(async () => {
    const names = walProcesses(dataDir)
    expect(names.length).toBe(processes)
    for (const name of names)
      expect(readdirSync(path.join(dataDir, 'wal', name)).filter((entry) => entry.startsWith('from-'))).toEqual([])
  }, 30_000)

/** 0 usage lost, 0 booked twice, 0 overspent, and every book says the same. Returns the requests on record. */
export const expectSoundBooks = async (cockpit: Reachable, account: TestAccount, whole: readonly string[]) => {
  const own = cockpit.as(account.id)
  const { requests, ids } = await eventually(async () => {
    const requests = await allOf((after) => own.usage.list({ query: { limit: 100, after } }))
    const ids = new Set(requests.map(({ id }) => id))
    expect(whole.filter((id) => !ids.has(id))).toEqual([])
    return { requests, ids }
  }, 20_000)
  expect(ids.size).toBe(requests.length)

  const { pool, nodes } = await eventually(async () => {
    const overview = await own.budgets.overview()
    expect(overview.pool.held).toBe('0')
    return overview
    // leases of who died end by themselves after a minute
  }, 90_000)
  const spent = sum(
    (await allOf((after) => own.usage.list({ query: { limit: 100, after } }))).map(({ credits }) => credits),
  )
  expect(microsOf(pool.settled)).toBe(spent)
  expect(sum((await own.usage.breakdown()).items.map(({ credits }) => credits))).toBe(spent)
  const ledger = await allOf((after) => own.budgets.ledger({ query: { limit: 100, after } }))
  expect(sum(ledger.map(({ amount }) => amount))).toBe(0n)
  expect(sum(ledger.filter(({ book }) => book === 'spent').map(({ amount }) => amount))).toBe(spent)
  for (const node of [pool, ...nodes]) {
    expect(node).toMatchObject({ overdraft: '0', held: '0' })
    expect(microsOf(node.settled)).toBeLessThanOrEqual(microsOf(node.limit))
  }
  return requests
}
