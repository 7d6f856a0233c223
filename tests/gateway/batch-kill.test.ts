/** A process that dies over a batch: the next one finishes it, and every call of it is billed once. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, issueKey, offerModel, openAccount, type TestAccount } from '../support/account.ts'
import { answer, startUpstream, type Upstream } from '../upstreams/index.ts'
import { allOf, inherited } from './load.ts'
import { type Program, startProgram } from './program.ts'

const dataDir = mkdtempSync(path.join(tmpdir(), 'cockpit-batch-kill-'))
const calls = 120
/** 10 tokens in at 1000 and 20 out at 2000 US dollars a million. */
const creditsOfOne = 0.05

let upstream: Upstream
let program: Program
let acme: TestAccount
let model: string
let key: string

beforeAll(async () => {
  upstream = await startUpstream(answer({ text: 'one two', usage: { input: 10, output: 20 }, delivery: { gapMs: 40 } }))
  program = await startProgram(dataDir)
  acme = await openAccount(program, { credits: '60' })
  const connection = { name: 'up', kind: 'openai-compatible', baseUrl: upstream.baseUrl, maxRetries: 0 } as const
  model = (await offerModel(program, acme.id, [connection])).model.name
  key = (await issueKey(program, acme)).secret
}, 60_000)
afterAll(async () => {
  await program?.terminate()
  await upstream?.close()
  rmSync(dataDir, { recursive: true, force: true })
}, 40_000)

test('kill -9 in the middle of a batch loses no line, answers each once and bills each once', async () => {
  const client = () => new OpenAI({ apiKey: key, baseURL: `${program.url}/v1`, maxRetries: 0 })
  const body = { model, max_tokens: 50, messages: [{ role: 'user', content: 'x' }] }
  const lines = Array.from({ length: calls }, (_, nth) =>
    JSON.stringify({ custom_id: `n${nth}`, method: 'POST', url: '/v1/chat/completions', body }),
  )
  const file = await eventually(async () =>
    client().files.create({ file: await toFile(Buffer.from(lines.join('\n')), 'in.jsonl'), purpose: 'batch' }),
  )
  const { id } = await client().batches.create({
    ...{ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' },
  })
  const completed = async () => (await client().batches.retrieve(id)).request_counts?.completed ?? 0
  const died: number[] = []
  for (const atLeast of [10, 50]) {
    await eventually(async () => expect(await completed()).toBeGreaterThanOrEqual(atLeast), 40_000)
    died.push(await completed())
    await program.kill()
    program = await startProgram(dataDir)
  }
  expect(died.every((count) => count < calls)).toBe(true)
  const done = await eventually(async () => {
    const batch = await client().batches.retrieve(id)
    expect(batch.status).toBe('completed')
    return batch
  }, 60_000)
  expect(done.request_counts).toEqual({ total: calls, completed: calls, failed: 0 })
  const output = await (await client().files.content(done.output_file_id ?? '')).text()
  const results = output
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one))
  expect(results.map(({ custom_id }) => custom_id)).toEqual(lines.map((_, nth) => `n${nth}`))
  const ids = new Set(results.map(({ response }) => response.request_id))
  expect(ids.size).toBe(calls)
  // what was under way when it died was asked again
  expect(upstream.requests.length).toBeGreaterThan(calls)

  await inherited(dataDir, 1)
  const requests = await eventually(async () => {
    const all = await allOf((after) => program.as(acme.id).usage.list({ query: { limit: 100, after } }))
    expect(all.length).toBe(calls)
    return all
  }, 20_000)
  expect(new Set(requests.map((row) => row.id))).toEqual(ids)
  expect(requests.every(({ status, credits }) => status === 'ok' && Number(credits) === creditsOfOne)).toBe(true)
  // what it held when it died is given back by the clock
  const pool = async () => (await program.as(acme.id).budgets.overview()).pool
  expect(Number((await pool()).settled)).toBeCloseTo(calls * creditsOfOne, 6)
}, 180_000)
