/** A gateway that dies under load, and one that is asked to end: nothing answered is lost, nothing is spent twice. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { microsOf } from '@cockpit/contract/money'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, issueKey, offerModel, openAccount, password, type TestAccount } from '../support/account.ts'
import { answer, startUpstream, type Upstream } from '../upstreams/index.ts'
import { callers } from './callers.ts'
import { type Program, startProgram } from './program.ts'

const dataDir = mkdtempSync(path.join(tmpdir(), 'cockpit-kill-'))
const callsBeforeDeath = 250
const callersAtOnce = 24
/** 10 tokens in at 1000 and 20 out at 2000 US dollars a million. */
const creditsOfOne = '0.05'

let upstream: Upstream
let program: Program
let acme: TestAccount
let model: { name: string }
let keys: { secret: string }[]

beforeAll(async () => {
  upstream = await startUpstream(
    answer({ text: 'one two three four', usage: { input: 10, output: 20 }, delivery: { gapMs: 3 } }),
  )
  program = await startProgram(dataDir)
  acme = await openAccount(program, { credits: '60' })
  model = (
    await offerModel(program, acme.id, [
      { name: 'up', kind: 'openai-compatible', baseUrl: upstream.baseUrl, maxRetries: 0 },
    ])
  ).model
  keys = await Promise.all(['2', '3', null, null].map(spender))
}, 60_000)
afterAll(async () => {
  await program?.terminate()
  await upstream?.close()
  rmSync(dataDir, { recursive: true, force: true })
}, 40_000)

/** A person with a key. The first two own little, the third draws on the pool up to a cap, the last as much as there is. */
const spender = async (limit: string | null, at: number) => {
  const email = `spender-${at}@example.com`
  const { id } = await acme.api.users.create({ body: { email, name: `Spender ${at}`, password } })
  if (limit) await acme.api.budgets.allocate({ body: { scope: { type: 'user', id }, limit } })
  else if (at === 2) await acme.api.budgets.allocate({ body: { scope: { type: 'user', id }, mode: 'cap', limit: '4' } })
  return issueKey(program, acme, { owner: { kind: 'user', id } })
}

/** Calls in both dialects, streamed and not, until the program is gone. Answers the ids of what was answered whole. */
const load = async (onAnswer: (count: number) => void) => {
  const whole: string[] = []
  const refused: unknown[] = []
  let dead = false
  const work = async (at: number) => {
    for (let nth = at; !dead; nth++) {
      const key = keys[nth % keys.length]
      const caller = callers[nth % callers.length]
      if (!key || !caller) throw new Error('nobody calls')
      try {
        const tenant = { url: program.url, key, model } as Parameters<typeof caller.ask>[0]
        const { requestId, stop } = await caller.ask(tenant, { stream: nth % 3 !== 0, maxTokens: 50 })
        if (!requestId || !stop) throw new Error('an answer without id or end was taken for whole')
        whole.push(requestId)
        onAnswer(whole.length)
      } catch (error) {
        const { status } = error as { status?: number }
        if (status === 402) refused.push(error)
        else dead = true
      }
    }
  }
  await Promise.all(Array.from({ length: callersAtOnce }, (_, at) => work(at)))
  return { whole, refused: refused.length }
}

const allOf = async <T>(page: (after: string | undefined) => Promise<{ items: T[]; next: string | null }>) => {
  const items: T[] = []
  for (let after: string | undefined; ; ) {
    const { items: some, next } = await page(after)
    items.push(...some)
    if (next === null) return items
    after = next
  }
}
const sum = (amounts: string[]) => amounts.reduce((total, amount) => total + microsOf(amount), 0n)
const walProcesses = () => readdirSync(path.join(dataDir, 'wal'))

test('kill -9 under load loses no answered call, books none twice, and no budget is exceeded', async () => {
  let killed: Promise<void> | null = null
  const { whole, refused } = await load((count) => {
    if (count === callsBeforeDeath) killed = program.kill()
  })
  await killed
  expect(whole.length).toBeGreaterThanOrEqual(callsBeforeDeath)
  expect(refused, 'somebody ran out of credits').toBeGreaterThan(0)

  // it dies again while it takes over what the first left, and a third one finishes
  program = await startProgram(dataDir)
  await program.kill()
  program = await startProgram(dataDir)
  const own = program.as(acme.id)
  await eventually(async () => expect(walProcesses().length).toBe(1), 15_000)
  await eventually(async () => {
    const [process = ''] = walProcesses()
    expect(readdirSync(path.join(dataDir, 'wal', process)).filter((name) => name.startsWith('from-'))).toEqual([])
  }, 15_000)

  const requests = await allOf((after) => own.usage.list({ query: { limit: 100, after } }))
  const ids = requests.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(whole.filter((id) => !ids.includes(id))).toEqual([])
  const answered = requests.filter(({ id }) => whole.includes(id))
  expect(answered.every(({ credits, status }) => credits === creditsOfOne && status === 'ok')).toBe(true)
  expect(requests.some(({ status }) => status === 'denied')).toBe(true)

  const spent = sum(requests.map(({ credits }) => credits))
  const { pool, nodes } = await eventually(async () => {
    const overview = await own.budgets.overview()
    expect(overview.pool.held).toBe('0')
    return overview
  }, 15_000)
  expect(microsOf(pool.settled)).toBe(spent)
  expect(sum((await own.usage.breakdown()).items.map(({ credits }) => credits))).toBe(spent)
  const ledger = await allOf((after) => own.budgets.ledger({ query: { limit: 100, after } }))
  expect(sum(ledger.map(({ amount }) => amount))).toBe(0n)
  expect(sum(ledger.filter(({ book }) => book === 'spent').map(({ amount }) => amount))).toBe(spent)
  for (const node of [pool, ...nodes]) {
    expect(node).toMatchObject({ overdraft: '0', held: '0' })
    expect(microsOf(node.settled)).toBeLessThanOrEqual(microsOf(node.limit))
  }
}, 90_000)

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s lets the stream in flight finish, ships its usage and stops the database; the next start is sound',
  async (signal) => {
    upstream.script(
      answer({ text: 'word '.repeat(30).trim(), usage: { input: 10, output: 30 }, delivery: { gapMs: 30 } }),
    )
    const key = keys[3]
    const [caller] = callers
    if (!key || !caller) throw new Error('nobody calls')
    const nth = upstream.requests.length
    const tenant = { url: program.url, key, model } as Parameters<typeof caller.ask>[0]
    const answered = caller.ask(tenant, { stream: true, maxTokens: 50 })
    await upstream.request(nth)
    const exit = program.terminate(signal)
    const { text, requestId } = await answered
    expect(text).toBe('word '.repeat(30).trim())
    expect(await exit).toBe(0)
    expect(existsSync(path.join(dataDir, 'postgres/postmaster.pid'))).toBe(false)
    expect(postgresOf(dataDir)).toEqual([])
    expect(walProcesses()).toEqual([])

    program = await startProgram(dataDir)
    const logged = await program.as(acme.id).usage.get({ params: { id: requestId ?? '' } })
    expect(logged).toMatchObject({ status: 'ok', credits: '0.07' })
    expect((await program.as(acme.id).budgets.overview()).pool.held).toBe('0')
  },
  60_000,
)

/** Command lines of processes that work on a data directory. */
const postgresOf = (directory: string) =>
  readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === program.pid) return []
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      return command.includes('postgres') && command.includes(directory) ? [command] : []
    } catch {
      return []
    }
  })
