/** Responses that are kept: asked for again, continued on any provider, deleted, and nobody else's. */
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, issueKey, openAccount, password } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { eventStreamOf, type NativeProvider, openNative, type Said, startNative } from './native.ts'

let cockpit: TestCockpit
const open: NativeProvider[] = []
beforeAll(async () => {
  cockpit = await startCockpit({})
})
afterAll(async () => {
  await cockpit?.stop()
  for (const provider of open) await provider.close()
})

/** Clients know that field of what they ask alone. */
const isKept = (response: object): boolean => (response as { store?: boolean }).store === true
const clientOf = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${cockpit.url}/v1`, maxRetries: 0 })

const tenantOn = async (kind: 'openai' | 'openai-compatible' | 'anthropic', ...said: [Said, ...Said[]]) => {
  const provider = await startNative((_, nth) => said[Math.min(nth, said.length - 1)] ?? said[0])
  open.push(provider)
  const connection = { name: kind, kind, baseUrl: provider.url, secret: 'sk-upstream' }
  const tenant = await openNative(cockpit, connection, { upstreamModel: 'upstream-model' })
  const asked = () => JSON.parse(provider.requests.at(-1)?.body ?? '')
  return { ...tenant, openai: clientOf(tenant.key), asked }
}

const usage = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 }
const says = (content: string): Said => ({
  body: [
    JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }], usage }),
  ],
})
const streams = (...words: string[]): Said => ({
  headers: { 'content-type': 'text/event-stream' },
  body: [
    ...eventStreamOf(
      ...words.map((content) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })),
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage },
    ),
    'data: [DONE]\n\n',
  ],
})
const statusOf = (asking: PromiseLike<unknown>) =>
  Promise.resolve(asking).then(
    () => 200,
    (error: { status?: number }) => error.status ?? 0,
  )

describe('what is kept', () => {
  test('is asked for again, continued with all that was said before, and gone once it is deleted', async () => {
    const tenant = await tenantOn('openai-compatible', says('Blue.'), says('You asked for a colour.'))
    const { model, openai } = tenant
    const first = await openai.responses.create({ model, input: 'Name a colour.', store: true })
    expect(isKept(first)).toBe(true)
    const second = await openai.responses.create({
      ...{ model, input: 'What did I ask?', store: true },
      previous_response_id: first.id,
    })
    expect(second).toMatchObject({ previous_response_id: first.id, output_text: 'You asked for a colour.' })
    expect(tenant.asked().messages).toEqual([
      { role: 'user', content: expect.anything() },
      { role: 'assistant', content: 'Blue.' },
      { role: 'user', content: 'What did I ask?' },
    ])
    expect(JSON.stringify(tenant.asked().messages[0])).toContain('Name a colour.')

    const { output_text: _, ...plain } = second
    expect(await openai.responses.retrieve(second.id)).toMatchObject({
      ...plain,
      output_text: 'You asked for a colour.',
    })
    const items = await openai.responses.inputItems.list(first.id)
    expect(items.data).toMatchObject([{ type: 'message', content: [{ type: 'input_text', text: 'Name a colour.' }] }])

    await openai.responses.delete(first.id)
    expect(await statusOf(openai.responses.retrieve(first.id))).toBe(404)
    const orphan = openai.responses.create({ model, input: 'And now?', previous_response_id: second.id })
    await expect(orphan).rejects.toMatchObject({ status: 400, param: 'previous_response_id' })
  })

  test('of a stream is the answer its events put together, under the id they name', async () => {
    const tenant = await tenantOn('openai-compatible', streams('A ', 'fox.'), says('A fox, I said.'))
    const { model, openai } = tenant
    const ids = new Set<string>()
    let text = ''
    for await (const event of await openai.responses.create({ model, input: 'What?', store: true, stream: true })) {
      if ('response' in event) ids.add(event.response.id)
      if (event.type === 'response.output_text.delta') text += event.delta
    }
    expect(text).toBe('A fox.')
    const [id = '', ...others] = ids
    expect(others).toEqual([])
    expect(await openai.responses.retrieve(id)).toMatchObject({
      id,
      status: 'completed',
      output_text: 'A fox.',
      store: true,
    })
    await openai.responses.create({ model, input: 'Again?', previous_response_id: id })
    expect(tenant.asked().messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: 'A fox.' },
      { role: 'user' },
    ])
  })

  test('at a provider that has responses itself is kept here alone, and continued by what was said', async () => {
    const answer = (text: string): Said => ({
      body: [
        JSON.stringify({
          ...{ id: 'resp_theirs', object: 'response', status: 'completed', model: 'upstream-model', store: false },
          output: [
            { type: 'reasoning', id: 'rs_1', summary: [] },
            {
              type: 'message',
              id: 'msg_1',
              role: 'assistant',
              status: 'completed',
              content: [{ type: 'output_text', text, annotations: [] }],
            },
          ],
          usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
        }),
      ],
    })
    const tenant = await tenantOn('openai', answer('One.'), answer('Two.'))
    const { model, openai } = tenant
    const first = await openai.responses.create({ model, input: 'Count.', store: true })
    expect(first.id).not.toBe('resp_theirs')
    await openai.responses.create({ model, input: 'Go on.', store: true, previous_response_id: first.id })
    expect(tenant.asked()).toMatchObject({
      ...{ store: false, previous_response_id: null },
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'Count.' }] },
        { role: 'assistant', content: [{ type: 'output_text', text: 'One.' }] },
        { role: 'user', content: [{ type: 'input_text', text: 'Go on.' }] },
      ],
    })
    expect(JSON.stringify(tenant.asked())).not.toContain('rs_1')
  })

  test('is its owner’s alone: another person and another account hear what somebody hears who made the id up', async () => {
    const { account, model, openai } = await tenantOn('openai-compatible', says('Mine.'))
    const { id } = await openai.responses.create({ model, input: 'Whose?', store: true })
    const person = await account.api.users.create({
      body: { email: `b-${account.tag}@example.com`, name: 'B', password },
    })
    const colleague = clientOf((await issueKey(cockpit, account, { owner: { kind: 'user', id: person.id } })).secret)
    const stranger = clientOf((await issueKey(cockpit, await openAccount(cockpit))).secret)
    for (const other of [colleague, stranger]) {
      await eventually(() => other.models.list())
      const said = (asked: string) =>
        other.responses.retrieve(asked).then(
          () => 'it was there',
          (error: { status: number; error: object }) =>
            JSON.stringify([error.status, error.error])
              .replaceAll(asked, 'ID')
              .replace(/req_\w+/g, 'REQ'),
        )
      expect(await said(id)).toBe(await said('resp_made_up'))
      expect(await statusOf(other.responses.delete(id))).toBe(404)
    }
    const another = clientOf((await issueKey(cockpit, account)).secret)
    await eventually(() => another.models.list())
    expect((await another.responses.retrieve(id)).output_text).toBe('Mine.')
  })
})

describe('in the background', () => {
  const done = (client: OpenAI, id: string) =>
    eventually(async () => {
      const response = await client.responses.retrieve(id)
      if (response.status === 'queued' || response.status === 'in_progress') throw new Error(response.status)
      return response
    }, 10_000)

  test('a response is there at once, has its answer later, is billed once and can be continued then', async () => {
    const slowly = { body: [...Array<string>(200).fill(' '), ...says('Late.').body] }
    const tenant = await tenantOn('openai-compatible', slowly, says('Later.'))
    const { model, openai } = tenant
    const first = await openai.responses.create({ model, input: 'Take your time.', background: true })
    expect(first).toMatchObject({ status: 'queued', background: true, output: [] })
    const early = openai.responses.create({ model, input: 'And?', previous_response_id: first.id })
    await expect(early).rejects.toMatchObject({ status: 400, param: 'previous_response_id' })
    const answered = await done(openai, first.id)
    expect(answered).toMatchObject({ id: first.id, status: 'completed', background: true, output_text: 'Late.' })
    const logged = await tenant.logged(`req_${first.id.replace('resp_', '')}`)
    expect(logged).toMatchObject({ status: 'ok', credits: '0.019' })
    const second = await openai.responses.create({
      ...{ model, input: 'And now?', previous_response_id: first.id, background: true },
    })
    expect(await done(openai, second.id)).toMatchObject({ output_text: 'Later.', previous_response_id: first.id })
    expect(JSON.stringify(tenant.asked().messages)).toContain('Late.')
    // one that has ended stays as it ended
    expect(await openai.responses.cancel(second.id)).toMatchObject({ status: 'completed' })
  })

  test('one that is cancelled ends its call, and stays cancelled', async () => {
    const { model, openai, ...tenant } = await tenantOn('openai-compatible', {
      body: [...Array<string>(3_000).fill(' '), ...says('Never read.').body],
    })
    const { id } = await openai.responses.create({ model, input: 'x', background: true })
    await eventually(async () => expect(tenant.asked).not.toThrow())
    expect(await openai.responses.cancel(id)).toMatchObject({ id, status: 'cancelled' })
    expect(await tenant.logged(`req_${id.replace('resp_', '')}`)).toMatchObject({ status: 'cancelled' })
    expect(await openai.responses.retrieve(id)).toMatchObject({ status: 'cancelled' })
  })

  test('what cannot be made is told as failed, and what makes no sense is refused', async () => {
    const { model, openai } = await tenantOn('openai-compatible', says('Hm.'))
    const { id } = await openai.responses.create({ model: 'no-such-model', input: 'x', background: true })
    expect(await done(openai, id)).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('no-such-model') },
    })
    const create = (more: object) => openai.responses.create({ model, input: 'x', background: true, ...more })
    await expect(create({ store: false })).rejects.toMatchObject({ status: 400, param: 'store' })
    await expect(create({ stream: true })).rejects.toMatchObject({ status: 400, param: 'stream' })
  })
})

describe('a key that is over', () => {
  test.each(['revoked', 'expired'])(
    'that is %s learns that, and nothing of what it names or asks to be made later',
    async (how) => {
      const { account, model } = await tenantOn('openai-compatible', says('Hm.'))
      const life = how === 'expired' ? { expiresAt: new Date(Date.now() + 2_000).toISOString() } : {}
      const key = await issueKey(cockpit, account, life)
      if (how === 'revoked') await account.api.keys.revoke({ params: { id: key.id } })
      const headers = { authorization: `Bearer ${key.secret}` }
      const asked = (more: object) =>
        cockpit.send('POST /v1/responses', { headers, body: { model, input: 'x', ...more } })
      await eventually(async () => expect((await asked({})).status).toBe(401), 10_000)
      const over = { error: expect.objectContaining({ code: `key.${how}` }) }
      for (const more of [
        { background: true },
        { previous_response_id: 'resp_0190f5c27d7a7c3e8f00aa11bb22cc33' },
        { background: true, input: 7 },
        { background: true, store: false },
        { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-nobodys' }] }] },
      ]) {
        const { status, text } = await asked(more)
        expect([status, JSON.parse(text)]).toEqual([401, over])
      }
    },
  )
})

describe('an account decides what is kept', () => {
  test('never means that nothing is, and always that all is but what its caller forbids', async () => {
    const { account, model, openai } = await tenantOn('openai-compatible', says('Hm.'))
    const ask = (more: object) => openai.responses.create({ model, input: 'x', ...more })
    expect(isKept(await ask({}))).toBe(false)
    await account.api.stored.updatePolicy({ body: { responses: 'always' } })
    const kept = await eventually(async () => {
      const response = await ask({})
      if (!isKept(response)) throw new Error('the policy is not in force yet')
      return response
    })
    expect((await openai.responses.retrieve(kept.id)).output_text).toBe('Hm.')
    expect(isKept(await ask({ store: false }))).toBe(false)
    await account.api.stored.updatePolicy({ body: { responses: 'never' } })
    const dropped = await eventually(async () => {
      const response = await ask({ store: true })
      if (isKept(response)) throw new Error('the policy is not in force yet')
      return response
    })
    expect(await statusOf(openai.responses.retrieve(dropped.id))).toBe(404)
  })
})
