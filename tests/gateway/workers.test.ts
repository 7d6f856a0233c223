/** Several processes on one port: what one learns all know at once, and what one loses nobody misses. */
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, issueKey, offerModel, openAccount, password, type TestAccount } from '../support/account.ts'
import { answer, startUpstream, type Upstream } from '../upstreams/index.ts'
import { callers } from './callers.ts'
import { expectSoundBooks, inherited, load, walProcesses } from './load.ts'
import { type Program, startProgram } from './program.ts'

const dataDir = mkdtempSync(path.join(tmpdir(), 'cockpit-workers-'))
const workersMax = 3
let upstream: Upstream
let program: Program
let acme: TestAccount
let model: { name: string }

beforeAll(async () => {
  upstream = await startUpstream(
    answer({ text: 'one two three four', usage: { input: 10, output: 20 }, delivery: { gapMs: 3 } }),
  )
  program = await startProgram(dataDir, { COCKPIT_WORKERS: String(workersMax) })
  acme = await openAccount(program, { credits: '60' })
  const connection = { name: 'up', kind: 'openai-compatible', baseUrl: upstream.baseUrl, maxRetries: 0 } as const
  model = (await offerModel(program, acme.id, [connection])).model
}, 90_000)
afterAll(async () => {
  await program?.terminate()
  await upstream?.close()
  rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

/** The status of a question on a connection of its own, which the next worker in turn takes. */
const askAnew = (secret: string, address = '/v1/models') =>
  new Promise<number>((resolve, reject) => {
    const headers = { authorization: `Bearer ${secret}`, connection: 'close' }
    request(`${program.url}${address}`, { agent: new Agent(), headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
      .once('error', reject)
      .end()
  })
const askAll = (secret: string) =>
  Promise.all(Array.from({ length: workersMax * 3 }, () => askAnew(secret))).then((all) => [...new Set(all)])
const workers = () => program.workers()
const counted = async () => {
  const text = await (await fetch(`${program.url}/metrics`)).text()
  const calls = [...text.matchAll(/^cockpit_calls_total\{.*code="ok".*\} (\d+)$/gm)]
  return {
    ok: calls.reduce((all, [, count]) => all + Number(count), 0),
    processes: new Set([...text.matchAll(/process_resident_memory_bytes\{process="(\d)"\}/g)].map(([, at]) => at)),
  }
}

/** The place of the one that died is filled, and that one serves. */
const allServe = (diedPid: number) =>
  eventually(async () => {
    expect(workers()).toHaveLength(workersMax)
    expect(workers()).not.toContain(diedPid)
    expect((await counted()).processes.size).toBe(workersMax + 1)
  }, 30_000)

test('each worker is a process with a write-ahead file of its own', async () => {
  expect(workers()).toHaveLength(workersMax)
  // and the first process, which serves nobody
  expect(walProcesses(dataDir)).toHaveLength(workersMax + 1)
})

test('another program does not get the port they share', async () => {
  const otherDir = mkdtempSync(path.join(tmpdir(), 'cockpit-workers-'))
  const { port } = new URL(program.url)
  for (const count of ['1', '2'])
    await expect(startProgram(otherDir, { PORT: port, COCKPIT_WORKERS: count })).rejects.toThrow(
      `PORT ${port} on 127.0.0.1 is taken`,
    )
  rmSync(otherDir, { recursive: true, force: true })
}, 60_000)

test('a new key is known to all workers when it is shown, and a revoked one to none a second later', async () => {
  for (let round = 0; round < 5; round++) {
    const key = await acme.api.keys.create({
      body: { name: `round ${round}`, owner: { kind: 'user', id: acme.admin.id } },
    })
    expect(await askAll(key.secret)).toEqual([200])
    await acme.api.keys.revoke({ params: key })
    await eventually(async () => expect(await askAll(key.secret)).toEqual([401]), 1_000)
  }
})

test('a worker killed under load is replaced; no answered call is lost, none is booked twice, no budget exceeded', async () => {
  const keys = await Promise.all(
    ['3', null, null].map(async (limit, at) => {
      const email = `spender-${at}@example.com`
      const { id } = await acme.api.users.create({ body: { email, name: `Spender ${at}`, password } })
      if (limit) await acme.api.budgets.allocate({ body: { scope: { type: 'user', id }, limit } })
      return issueKey(program, acme, { owner: { kind: 'user', id } })
    }),
  )
  const before = workers()
  let done = false
  const { whole, failed } = await load(program.url, {
    ...{ keys, model, callersAtOnce: 24 },
    // a broken connection has no status: its caller tries again
    endsWith: () => false,
    onAnswer(count) {
      const [first, second] = before
      if (count === 150 && first) process.kill(first, 'SIGKILL')
      if (count === 300 && second) process.kill(second, 'SIGKILL')
      if (count === 500) done = true
    },
    isOver: () => done,
  })
  expect(failed.get(402) ?? 0, 'somebody ran out of credits').toBeGreaterThan(0)
  expect([...failed.keys()].filter((status) => ![0, 402].includes(status))).toEqual([])
  await eventually(async () => expect(workers()).toHaveLength(workersMax), 15_000)
  expect(workers().filter((pid) => before.includes(pid))).toHaveLength(workersMax - 2)
  await inherited(dataDir, workersMax + 1)
  await expectSoundBooks(program, acme, whole)
}, 180_000)

test('whoever calls while workers die is answered or broken off, and waits in vain for none of them', async () => {
  const statuses: number[] = []
  let done = false
  const callersWhoGoOn = Array.from({ length: 24 }, async () => {
    while (!done) statuses.push(await askAnew('', '/health/live').catch(() => 0))
  })
  for (let death = 0; death < 4; death++) {
    const [pid = 0] = workers()
    process.kill(pid, 'SIGKILL')
    const count = statuses.length
    await eventually(async () => expect(statuses.length).toBeGreaterThan(count + 200), 15_000)
    await allServe(pid)
  }
  done = true
  await Promise.all(callersWhoGoOn)
  expect(statuses.filter((status) => status !== 0 && status !== 200)).toEqual([])
}, 90_000)

test('figures are those of all workers, and stay when one dies', async () => {
  const key = await issueKey(program, acme)
  const [caller] = callers
  const tenant = { url: program.url, key, model } as Parameters<NonNullable<typeof caller>['ask']>[0]
  const before = await counted()
  expect(before.processes).toEqual(new Set(Array.from({ length: workersMax + 1 }, (_, at) => String(at))))
  await Promise.all(Array.from({ length: 12 }, () => caller?.ask(tenant)))
  await eventually(async () => expect((await counted()).ok).toBe(before.ok + 12))
  const [pid = 0] = workers()
  process.kill(pid, 'SIGKILL')
  await allServe(pid)
  expect((await counted()).ok).toBe(before.ok + 12)
}, 60_000)

test('a limit is one limit for all workers: what it says, and the slack that answers print', async () => {
  const limits = { rpm: 40, tpm: null }
  const key = await issueKey(program, acme, { limits })
  await askAll(key.secret)
  const ask = () =>
    new Promise<{ status: number; slack: number }>((resolve, reject) => {
      const headers = { authorization: `Bearer ${key.secret}`, connection: 'close', 'content-type': 'application/json' }
      request(`${program.url}/v1/chat/completions`, { method: 'POST', agent: new Agent(), headers }, (response) => {
        const slack = Number(response.headers['x-ratelimit-slack-requests'] ?? 0)
        response.resume().once('end', () => resolve({ status: response.statusCode ?? 0, slack }))
      })
        .once('error', reject)
        .end(JSON.stringify({ model: model.name, max_tokens: 5, messages: [{ role: 'user', content: 'Hi' }] }))
    })
  const startedAt = Date.now()
  const asked: { status: number; slack: number }[] = []
  for (let burst = 0; burst < 8; burst++) asked.push(...(await Promise.all(Array.from({ length: 15 }, ask))))
  const count = (status: number) => asked.filter((one) => one.status === status).length
  expect(count(200) + count(429)).toBe(120)
  const refilled = ((Date.now() - startedAt) / 60_000) * limits.rpm
  const slack = Math.max(...asked.map((one) => one.slack))
  expect(slack).toBeLessThanOrEqual(limits.rpm / 4)
  expect(count(200)).toBeLessThanOrEqual(limits.rpm + refilled + slack)
  // and none of it is lost between them
  expect(count(200)).toBeGreaterThanOrEqual(limits.rpm - 2)
}, 60_000)

test('SIGTERM lets the streams of all workers finish, and nothing stays behind', async () => {
  const text = 'word '.repeat(30).trim()
  upstream.script(answer({ text, usage: { input: 10, output: 30 }, delivery: { gapMs: 30 } }))
  const key = await issueKey(program, acme)
  const nth = upstream.requests.length
  const asked = Array.from({ length: 6 }, () => {
    const [caller] = callers
    if (!caller) throw new Error('nobody calls')
    const tenant = { url: program.url, key, model } as Parameters<typeof caller.ask>[0]
    return caller.ask(tenant, { stream: true, maxTokens: 50 })
  })
  await upstream.request(nth + 5)
  const exit = program.terminate()
  for (const said of await Promise.all(asked)) expect(said.text).toBe(text)
  expect(await exit).toBe(0)
  expect(walProcesses(dataDir)).toEqual([])
}, 60_000)
