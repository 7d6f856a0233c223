/** A gateway that dies under load, and one that is asked to end: nothing answered is lost, nothing is spent twice. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { issueKey, offerModel, openAccount, password, type TestAccount } from '../support/account.ts'
import { answer, startUpstream, type Upstream } from '../upstreams/index.ts'
import { callers } from './callers.ts'
import { expectSoundBooks, inherited, load, walProcesses } from './load.ts'
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

test('kill -9 under load loses no answered call, books none twice, and no budget is exceeded', async () => {
  let killed: Promise<void> | null = null
  const { whole, failed } = await load(program.url, {
    ...{ keys, model, callersAtOnce },
    endsWith: (error) => (error as { status?: number }).status !== 402,
    onAnswer(count) {
      if (count === callsBeforeDeath) killed = program.kill()
    },
  })
  await killed
  expect(whole.length).toBeGreaterThanOrEqual(callsBeforeDeath)
  expect(failed.get(402) ?? 0, 'somebody ran out of credits').toBeGreaterThan(0)

  // it dies again while it takes over what the first left, and a third one finishes
  program = await startProgram(dataDir)
  await program.kill()
  program = await startProgram(dataDir)
  await inherited(dataDir, 1)
  const requests = await expectSoundBooks(program, acme, whole)
  const answered = requests.filter(({ id }) => whole.includes(id))
  expect(answered.every(({ credits, status }) => credits === creditsOfOne && status === 'ok')).toBe(true)
  expect(requests.some(({ status }) => status === 'denied')).toBe(true)
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
    expect(walProcesses(dataDir)).toEqual([])

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
