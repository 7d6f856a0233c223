/** Files of callers: taken in and given out piece by piece, each for its owner, with the clients they were made for. */
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, issueKey, openAccount, password, type TestAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type NativeProvider, openNative, startNative } from './native.ts'

let cockpit: TestCockpit
let acme: TestAccount
let key: string
let openai: OpenAI
const clientOf = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${cockpit.url}/v1`, maxRetries: 0 })
beforeAll(async () => {
  cockpit = await startCockpit({})
  acme = await openAccount(cockpit)
  key = (await issueKey(cockpit, acme)).secret
  openai = clientOf(key)
  await eventually(() => openai.models.list())
})
afterAll(() => cockpit?.stop())

/** Bytes that hold line breaks and dashes, as boundaries do. */
const bytesOf = (length: number): Buffer => {
  const pattern = Buffer.from('\r\n--\r\n----x\r\n--form\0')
  return Buffer.alloc(length, pattern)
}

test('a file comes back as it was sent, is listed by purpose, and is gone once it is deleted', async () => {
  const sent = bytesOf(3_500_000)
  const file = await openai.files.create({
    ...{ file: await toFile(sent, 'Bericht für alle.bin'), purpose: 'user_data' },
    expires_after: { anchor: 'created_at', seconds: 3_600 },
  })
  expect(file).toMatchObject({
    object: 'file',
    bytes: sent.length,
    filename: 'Bericht für alle.bin',
    purpose: 'user_data',
  })
  expect((file.expires_at ?? 0) - file.created_at).toBe(3_600)
  const back = await openai.files.content(file.id)
  expect(Buffer.from(await back.arrayBuffer()).equals(sent)).toBe(true)
  expect(await openai.files.retrieve(file.id)).toEqual(file)
  const other = await openai.files.create({ file: await toFile(Buffer.alloc(0), 'empty.jsonl'), purpose: 'batch' })
  expect((await openai.files.list({ purpose: 'batch' })).data.map(({ id }) => id)).toEqual([other.id])
  const all: string[] = []
  for await (const { id } of openai.files.list({ limit: 1, order: 'asc' })) all.push(id)
  expect(all).toEqual([file.id, other.id])
  expect(await openai.files.delete(file.id)).toMatchObject({ deleted: true })
  await expect(openai.files.content(file.id)).rejects.toMatchObject({ status: 404 })
  expect(await (await openai.files.content(other.id)).text()).toBe('')
  await openai.files.delete(other.id)
})

test('Anthropic’s client finds the same files in its own shape', async () => {
  const anthropic = new Anthropic({ apiKey: key, baseURL: cockpit.url, maxRetries: 0 })
  const sent = await Anthropic.toFile(Buffer.from('{"a":1}'), 'a.json', { type: 'application/json' })
  const file = await anthropic.beta.files.upload({ file: sent })
  expect(file).toMatchObject({ type: 'file', filename: 'a.json', mime_type: 'application/json', size_bytes: 7 })
  expect((await anthropic.beta.files.list()).data).toEqual([file])
  expect(await (await anthropic.beta.files.download(file.id)).text()).toBe('{"a":1}')
  expect(await anthropic.beta.files.delete(file.id)).toMatchObject({ type: 'file_deleted' })
  await expect(anthropic.beta.files.retrieveMetadata(file.id)).rejects.toMatchObject({ status: 404 })
})

test('a file is its owner’s alone, in its account and beyond', async () => {
  const { id } = await openai.files.create({ file: await toFile(Buffer.from('mine'), 'mine.txt'), purpose: 'vision' })
  const person = await acme.api.users.create({ body: { email: `b-${acme.tag}@example.com`, name: 'B', password } })
  const colleague = clientOf((await issueKey(cockpit, acme, { owner: { kind: 'user', id: person.id } })).secret)
  const stranger = clientOf((await issueKey(cockpit, await openAccount(cockpit))).secret)
  for (const other of [colleague, stranger]) {
    await eventually(() => other.models.list())
    await expect(other.files.retrieve(id)).rejects.toMatchObject({ status: 404 })
    await expect(other.files.content(id)).rejects.toMatchObject({ status: 404 })
    await expect(other.files.delete(id)).rejects.toMatchObject({ status: 404 })
    expect((await other.files.list()).data).toEqual([])
  }
  expect(await (await openai.files.content(id)).text()).toBe('mine')
})

const send = (body: string, contentType = 'multipart/form-data; boundary=xx') =>
  fetch(`${cockpit.url}/v1/files`, {
    ...{ method: 'POST', body },
    headers: { authorization: `Bearer ${key}`, 'content-type': contentType },
  })
const part = (name: string, value: string, filename?: string) =>
  `--xx\r\ncontent-disposition: form-data; name="${name}"${filename ? `; filename="${filename}"` : ''}\r\n\r\n${value}\r\n`
test.each([
  ['no form', '{}', 'application/json', 415, undefined],
  ['a form without a file', `${part('purpose', 'batch')}--xx--`, undefined, 400, 'file'],
  ['a form with two files', `${part('file', 'a', 'a')}${part('file', 'b', 'b')}--xx--`, undefined, 400, 'file'],
  ['an unknown purpose', `${part('purpose', 'fine-tune')}${part('file', 'a', 'a')}--xx--`, undefined, 400, 'purpose'],
  [
    'a life too short',
    `${part('purpose', 'batch')}${part('expires_after[anchor]', 'created_at')}${part('expires_after[seconds]', '5')}${part('file', 'a', 'a')}--xx--`,
    undefined,
    400,
    'expires_after[seconds]',
  ],
  ['a form that breaks off', part('file', 'a', 'a'), undefined, 400, undefined],
])('%s is refused by its name, and leaves nothing behind', async (_, body, contentType, status, param) => {
  const answer = await send(body, contentType)
  expect(answer.status).toBe(status)
  const { error } = (await answer.json()) as { error: { param?: string | null; code: string } }
  expect(error.param ?? undefined).toBe(param)
  expect((await openai.files.list({ purpose: 'batch' })).data).toEqual([])
})

test('a key that has expired or was revoked reaches nothing that is kept', async () => {
  const { id } = await openai.files.create({ file: await toFile(Buffer.from('kept'), 'kept.txt'), purpose: 'vision' })
  const short = await issueKey(cockpit, acme)
  const client = clientOf(short.secret)
  await eventually(() => client.files.retrieve(id))
  const expiresAt = new Date(Date.now() + 1_200)
  await acme.api.keys.update({ params: { id: short.id }, body: { expiresAt: expiresAt.toISOString() } })
  await sleep(expiresAt.getTime() - Date.now() + 20)
  for (const act of [() => client.files.content(id), () => client.files.list(), () => client.files.delete(id)])
    await expect(act()).rejects.toMatchObject({ status: 401, code: 'key.expired' })
  const ended = await issueKey(cockpit, acme)
  await eventually(() => clientOf(ended.secret).files.retrieve(id))
  await acme.api.keys.revoke({ params: { id: ended.id } })
  await eventually(() =>
    expect(clientOf(ended.secret).files.retrieve(id)).rejects.toMatchObject({ status: 401, code: 'key.revoked' }),
  )
})

test('a file larger than it may be is refused before it is read', async () => {
  const status = await new Promise((resolve, reject) => {
    const headers = {
      ...{ authorization: `Bearer ${key}`, 'content-type': 'multipart/form-data; boundary=xx' },
      'content-length': String(600 << 20),
    }
    const asking = request(`${cockpit.url}/v1/files`, { method: 'POST', headers }, ({ statusCode }) => {
      asking.destroy()
      resolve(statusCode)
    }).on('error', reject)
    asking.write(part('file', 'begins', 'big'))
  })
  expect(status).toBe(413)
})

describe('a call that names a file', () => {
  const open: NativeProvider[] = []
  afterAll(async () => {
    for (const provider of open) await provider.close()
  })
  const tenantOn = async () => {
    const message = { role: 'assistant', content: 'Read.' }
    const body = [JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] })]
    const provider = await startNative(() => ({ body }))
    open.push(provider)
    const connection = { name: 'p', kind: 'openai-compatible', baseUrl: provider.url, secret: 'sk-upstream' } as const
    const tenant = await openNative(cockpit, connection, { upstreamModel: 'upstream-model' })
    return {
      ...tenant,
      openai: clientOf(tenant.key),
      anthropic: new Anthropic({ apiKey: tenant.key, baseURL: cockpit.url, maxRetries: 0 }),
      asked: () => provider.requests.at(-1)?.body ?? '',
    }
  }
  const pdf = Buffer.from('%PDF-1.7 the words of a file')

  test('has its content sent to a provider that knows no ids, in each dialect', async () => {
    const { openai, anthropic, model, asked } = await tenantOn()
    const { id } = await openai.files.create({ file: await toFile(pdf, 'Bericht.pdf'), purpose: 'user_data' })
    const { id: picture } = await openai.files.create({ file: await toFile(pdf, 'a.png'), purpose: 'vision' })
    const [data, url] = [pdf.toString('base64'), `data:image/png;base64,${pdf.toString('base64')}`]
    await openai.chat.completions.create({
      model,
      messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: id } }] }],
    })
    expect(JSON.parse(asked()).messages[0].content).toEqual([
      { type: 'file', file: { filename: 'Bericht.pdf', file_data: `data:application/pdf;base64,${data}` } },
    ])
    const kept = await openai.responses.create({
      ...{ model, store: true },
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_file', file_id: id },
            { type: 'input_image', file_id: picture, detail: 'low' },
          ],
        },
      ],
    })
    expect(asked()).toContain(data)
    expect(asked()).toContain(url)
    // what is kept names it still, and is filled in again when it goes on
    const items = JSON.stringify((await openai.responses.inputItems.list(kept.id)).data)
    expect(items).toContain(id)
    expect(items).not.toContain(data)
    await openai.responses.create({ model, input: 'And?', previous_response_id: kept.id })
    expect(asked()).toContain(data)
    await anthropic.beta.messages.create({
      ...{ model, max_tokens: 9 },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', source: { type: 'file', file_id: id } },
            { type: 'text', text: '?' },
          ],
        },
      ],
    })
    expect(asked()).toContain(data)
  })

  test('of somebody else sends nothing of it', async () => {
    const { openai: other } = await tenantOn()
    const { id } = await other.files.create({ file: await toFile(pdf, 'theirs.pdf'), purpose: 'user_data' })
    const { openai, model, asked } = await tenantOn()
    const content: OpenAI.ChatCompletionContentPart[] = [{ type: 'file', file: { file_id: id } }]
    await openai.chat.completions.create({ model, messages: [{ role: 'user', content }] })
    expect(asked()).not.toContain(pdf.toString('base64'))
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: [{ type: 'input_file', file_id: id }] }]
    await expect(openai.responses.create({ model, input })).rejects.toMatchObject({ status: 400 })
  })
})
