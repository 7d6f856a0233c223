/** Batches of calls, with the clients they were made for: on any provider, metered like other calls, each for its owner. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, issueKey, openAccount, password } from '../support/account.ts'
import { masterKey, startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type Asked, type NativeProvider, openNative, type Said, startNative } from './native.ts'

let cockpit: TestCockpit
const open: NativeProvider[] = []
beforeAll(async () => {
  cockpit = await startCockpit({})
})
afterAll(async () => {
  await cockpit?.stop()
  for (const provider of open) await provider.close()
})

const says = (content: string): Said => ({
  body: [
    JSON.stringify({
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 },
    }),
  ],
})
const creditsOfOne = 0.019

const tenantOn = async (reply: (asked: Asked, nth: number) => Said) => {
  const provider = await startNative(reply)
  open.push(provider)
  const connection = { name: 'p', kind: 'openai-compatible', baseUrl: provider.url, secret: 'sk-upstream' } as const
  const tenant = await openNative(cockpit, connection, { upstreamModel: 'upstream-model' })
  return { ...tenant, provider, ...clientsOf(tenant.key) }
}
const clientsOf = (apiKey: string) => ({
  openai: new OpenAI({ apiKey, baseURL: `${cockpit.url}/v1`, maxRetries: 0 }),
  anthropic: new Anthropic({ apiKey, baseURL: cockpit.url, maxRetries: 0 }),
})
type Tenant = Awaited<ReturnType<typeof tenantOn>>

const line = (custom_id: string, body: object, url = '/v1/chat/completions') =>
  JSON.stringify({ custom_id, method: 'POST', url, body })
const ask = (model: string, content: string) => ({ model, messages: [{ role: 'user', content }] })

const handIn = async ({ openai }: Tenant, lines: readonly string[]) => {
  const file = await openai.files.create({
    file: await toFile(Buffer.from(lines.join('\n')), 'in.jsonl'),
    purpose: 'batch',
  })
  return openai.batches.create({
    ...{ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' },
    metadata: { run: '7' },
  })
}
const ended = ({ openai }: Tenant, id: string) =>
  eventually(async () => {
    const batch = await openai.batches.retrieve(id)
    if (!['completed', 'failed', 'cancelled', 'expired'].includes(batch.status)) throw new Error(batch.status)
    return batch
  }, 15_000)
type ResultLine = { custom_id: string; response: { status_code: number; request_id: string; body: object } | null }
const linesOf = async ({ openai }: Tenant, id: string | null | undefined): Promise<ResultLine[]> => {
  const text = await (await openai.files.content(id ?? '')).text()
  return text
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one))
}
const spent = async ({ account }: Tenant) => Number((await account.api.budgets.overview()).pool.settled)

describe('OpenAI’s batches', () => {
  test('each line is a call of its own: answers and failures come in two files, and only answers are billed', async () => {
    const tenant = await tenantOn(({ body }) => says(`You said ${JSON.parse(body).messages[0].content}.`))
    const { model, openai } = tenant
    const batch = await handIn(tenant, [
      line('a', ask(model, 'one')),
      line('b', ask('no-such-model', 'two')),
      line('c', ask(model, 'three')),
      line('d', { ...ask(model, 'four'), stream: true }),
    ])
    expect(batch).toMatchObject({
      object: 'batch',
      status: 'validating',
      metadata: { run: '7' },
      completion_window: '24h',
    })
    const done = await ended(tenant, batch.id)
    expect(done).toMatchObject({
      status: 'completed',
      request_counts: { total: 4, completed: 2, failed: 2 },
      errors: null,
    })
    const answers = await linesOf(tenant, done.output_file_id)
    expect(answers).toMatchObject([
      {
        custom_id: 'a',
        response: { status_code: 200, body: { choices: [{ message: { content: 'You said one.' } }] } },
      },
      {
        custom_id: 'c',
        response: { status_code: 200, body: { choices: [{ message: { content: 'You said three.' } }] } },
      },
    ])
    expect(await linesOf(tenant, done.error_file_id)).toMatchObject([
      { custom_id: 'b', response: { status_code: 404, body: { error: { param: 'model' } } } },
      { custom_id: 'd', response: { status_code: 400, body: { error: { param: 'stream' } } } },
    ])
    for (const { response } of answers)
      expect(await tenant.logged(response?.request_id)).toMatchObject({ status: 'ok', credits: String(creditsOfOne) })
    await eventually(async () => expect(await spent(tenant)).toBe(2 * creditsOfOne))
    expect((await openai.batches.list()).data.map(({ id }) => id)).toEqual([batch.id])
  })

  test.each([
    ['no JSON', (good: string) => `${good}\n{"custom_id":`, { code: 'invalid_json_line', line: 2 }],
    ['an id twice', (good: string) => `${good}\n${good}`, { code: 'duplicate_custom_id', line: 2, param: 'custom_id' }],
    [
      'another address',
      (good: string) => `${good}\n${line('x', {}, '/v1/embeddings')}`,
      { code: 'mismatched_endpoint', line: 2 },
    ],
    [
      'no body',
      () => '{"custom_id":"a","method":"POST","url":"/v1/chat/completions"}',
      { code: 'invalid_line', line: 1, param: 'body' },
    ],
    ['nothing', () => '\n', { code: 'empty_file', line: null }],
  ])('a file with %s in it fails by the number of the line, before any call is made', async (_, text, error) => {
    const tenant = await tenantOn(() => says('Hm.'))
    const batch = await handIn(tenant, [text(line('a', ask(tenant.model, 'one')))])
    const failed = await ended(tenant, batch.id)
    expect(failed).toMatchObject({ status: 'failed', errors: { data: [error] }, output_file_id: null })
    expect(tenant.provider.requests).toEqual([])
  })

  test('a line that a limit turns away waits and is made again; it is billed once', async () => {
    const busy: Said = { status: 429, headers: { 'retry-after': '1' }, body: ['{"error":{"message":"slow down"}}'] }
    const tenant = await tenantOn((_, nth) => (nth === 0 ? busy : says('Now.')))
    const done = await ended(tenant, (await handIn(tenant, [line('a', ask(tenant.model, 'one'))])).id)
    expect(done).toMatchObject({ status: 'completed', request_counts: { total: 1, completed: 1, failed: 0 } })
    expect(tenant.provider.requests.length).toBe(2)
    await eventually(async () => expect(await spent(tenant)).toBe(creditsOfOne))
  })

  test('a limit holds up the batch, and not each of its lines anew', async () => {
    const from = performance.now()
    const busy: Said = { status: 429, headers: { 'retry-after': '1' }, body: ['{"error":{"message":"slow down"}}'] }
    const tenant = await tenantOn(() => (performance.now() - from < 2_500 ? busy : says('Now.')))
    const lines = Array.from({ length: 80 }, (_, nth) => line(`n${nth}`, ask(tenant.model, 'one')))
    const done = await ended(tenant, (await handIn(tenant, lines)).id)
    expect(done.request_counts).toEqual({ total: 80, completed: 80, failed: 0 })
    expect(tenant.provider.requests.length).toBeLessThan(80 + 20)
  })

  test('one that is cancelled begins no further call, and its answers so far can be read', async () => {
    const slow = 'x'.repeat(400).split('')
    const tenant = await tenantOn(() => ({ body: [...says('').body, ...slow.map(() => ' ')] }))
    const lines = Array.from({ length: 60 }, (_, nth) => line(`n${nth}`, ask(tenant.model, 'one')))
    const { id } = await handIn(tenant, lines)
    await eventually(async () => {
      if ((await tenant.openai.batches.retrieve(id)).request_counts?.completed === 0) throw new Error('not yet')
    }, 15_000)
    expect(await tenant.openai.batches.cancel(id)).toMatchObject({ status: 'cancelling' })
    const done = await ended(tenant, id)
    const { completed = 0 } = done.request_counts ?? {}
    expect(done).toMatchObject({ status: 'cancelled', cancelled_at: expect.any(Number) })
    expect(completed).toBeGreaterThan(0)
    expect(completed).toBe(tenant.provider.requests.length)
    expect(completed).toBeLessThan(lines.length)
    expect((await linesOf(tenant, done.output_file_id)).length).toBe(completed)
    await expect(tenant.openai.batches.cancel(id)).rejects.toMatchObject({ status: 400 })
  })

  test('what is asked wrongly is refused by its name', async () => {
    const tenant = await tenantOn(() => says('Hm.'))
    const file = await tenant.openai.files.create({ file: await toFile(Buffer.from('x'), 'x'), purpose: 'vision' })
    const create = (differs: object) =>
      tenant.openai.batches.create({
        ...{ input_file_id: file.id, endpoint: '/v1/embeddings', completion_window: '24h' },
        ...differs,
      } as OpenAI.BatchCreateParams)
    await expect(create({ endpoint: '/v1/files' })).rejects.toMatchObject({ status: 400, param: 'endpoint' })
    await expect(create({ completion_window: '1h' })).rejects.toMatchObject({ status: 400, param: 'completion_window' })
    await expect(create({ input_file_id: 'file_no' })).rejects.toMatchObject({ status: 400, param: 'input_file_id' })
    await expect(create({})).rejects.toMatchObject({ status: 400, param: 'input_file_id' })
    await expect(create({ metadata: { a: 1 } })).rejects.toMatchObject({ status: 400, param: 'input_file_id' })
  })
})

describe('Anthropic’s batches', () => {
  const params = (model: string, content: string) => ({
    model,
    max_tokens: 20,
    messages: [{ role: 'user' as const, content }],
  })

  test('run on another dialect’s provider, and tell each result in Anthropic’s words', async () => {
    const tenant = await tenantOn(({ body }) => says(`You said ${JSON.parse(body).messages[0].content}.`))
    const { anthropic, model } = tenant
    const batch = await anthropic.messages.batches.create({
      requests: [
        { custom_id: 'a', params: params(model, 'one') },
        { custom_id: 'b', params: params('no-such-model', 'two') },
      ],
    })
    expect(batch).toMatchObject({ type: 'message_batch', processing_status: 'in_progress', results_url: null })
    const done = await eventually(async () => {
      const found = await anthropic.messages.batches.retrieve(batch.id)
      if (found.processing_status !== 'ended') throw new Error(found.processing_status)
      return found
    }, 10_000)
    expect(done.request_counts).toEqual({ processing: 0, succeeded: 1, errored: 1, canceled: 0, expired: 0 })
    const results = []
    for await (const result of await anthropic.messages.batches.results(batch.id)) results.push(result)
    expect(results).toMatchObject([
      {
        custom_id: 'a',
        result: { type: 'succeeded', message: { type: 'message', content: [{ text: 'You said one.' }] } },
      },
      { custom_id: 'b', result: { type: 'errored', error: { type: 'error', error: { type: 'not_found_error' } } } },
    ])
    await eventually(async () => expect(await spent(tenant)).toBe(creditsOfOne))
    expect((await anthropic.messages.batches.list()).data.map(({ id }) => id)).toEqual([batch.id])
    expect((await anthropic.messages.batches.list({ after_id: batch.id })).data).toEqual([])
    expect(await anthropic.messages.batches.delete(batch.id)).toMatchObject({ type: 'message_batch_deleted' })
    await expect(anthropic.messages.batches.retrieve(batch.id)).rejects.toMatchObject({ status: 404 })
  })

  test('a call that is wrong in itself is refused with its place', async () => {
    const { anthropic, model } = await tenantOn(() => says('Hm.'))
    const twice = { custom_id: 'a', params: params(model, 'one') }
    await expect(anthropic.messages.batches.create({ requests: [twice, twice] })).rejects.toMatchObject({ status: 400 })
    await expect(anthropic.messages.batches.create({ requests: [] })).rejects.toMatchObject({ status: 400 })
  })
})

test('a batch is its owner’s alone, in its account and beyond', async () => {
  const tenant = await tenantOn(() => says('Mine.'))
  const { id } = await handIn(tenant, [line('a', ask(tenant.model, 'one'))])
  const done = await ended(tenant, id)
  const { account } = tenant
  const person = await account.api.users.create({
    body: { email: `b-${account.tag}@example.com`, name: 'B', password },
  })
  const colleague = clientsOf((await issueKey(cockpit, account, { owner: { kind: 'user', id: person.id } })).secret)
  const stranger = clientsOf((await issueKey(cockpit, await openAccount(cockpit))).secret)
  for (const { openai, anthropic } of [colleague, stranger]) {
    await eventually(() => openai.models.list())
    await expect(openai.batches.retrieve(id)).rejects.toMatchObject({ status: 404 })
    await expect(openai.batches.cancel(id)).rejects.toMatchObject({ status: 404 })
    await expect(openai.files.content(done.output_file_id ?? '')).rejects.toMatchObject({ status: 404 })
    await expect(anthropic.messages.batches.retrieve(id)).rejects.toMatchObject({ status: 404 })
    expect((await openai.batches.list()).data).toEqual([])
  }
})

test('whoever watches over the account sees batches and files of all, reads results on record, and may end them', async () => {
  const tenant = await tenantOn(() => says('Fine.'))
  const { api } = tenant.account
  const first = await handIn(tenant, [line('a', ask(tenant.model, 'one')), line('b', ask('no-such-model', 'two'))])
  await ended(tenant, first.id)
  const second = await tenant.anthropic.messages.batches.create({
    requests: [
      { custom_id: 'c', params: { model: 'no-such-model', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] } },
    ],
  })
  const page = await api.stored.batches({ query: { limit: 1 } })
  expect(page).toMatchObject({ total: 2, items: [{ id: second.id, dialect: 'anthropic', createdBy: { kind: 'key' } }] })
  const rest = await api.stored.batches({ query: { limit: 1, after: page.next ?? '' } })
  expect(rest).toMatchObject({ next: null, items: [{ id: first.id, counts: { total: 2, succeeded: 1, errored: 1 } }] })
  const results = await cockpit.send(`GET /v1/stored/batches/${first.id}/results.jsonl`, {
    headers: { 'x-account-id': tenant.account.id, authorization: `Bearer ${masterKey}` },
  })
  expect(
    results.text
      .trim()
      .split('\n')
      .map((one) => JSON.parse(one).custom_id),
  ).toEqual(['a', 'b'])
  const names = async () => (await api.audit.list({ query: { limit: 100 } })).items.map(({ name }) => name)
  expect(await names()).toEqual(
    expect.arrayContaining(['stored_batch.created', 'stored_batch.ended', 'stored_batch.read']),
  )
  const files = await api.stored.files()
  expect(files.items.map(({ purpose }) => purpose)).toEqual(['batch_output', 'batch_output', 'batch'])
  const input = files.items[2]?.id ?? ''
  await api.stored.deleteFile({ params: { id: input } })
  await expect(tenant.openai.files.retrieve(input)).rejects.toMatchObject({ status: 404 })
  await expect(api.stored.cancelBatch({ params: { id: first.id } })).rejects.toMatchObject({
    code: 'stored_batch.ended',
  })
})
