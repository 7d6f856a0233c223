/**
 * Golden transcripts of every kind of provider that speaks a dialect of OpenAI's: what it is sent for one and the same kind of
 * call, and what becomes of its answer, its stream and its refusal, in the shapes its reference documents.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ProviderKind, ProviderOptions } from '@cockpit/contract/providers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { providers } from '../../apps/server/src/gateway/providers/index.ts'
import { eventually, issueKey, offerModel, openAccount } from '../support/account.ts'
import { queue, type Recorded, verbatim } from '../upstreams/index.ts'
import { type Stage, startStage, upstreamKey } from './stage.ts'

const Transcript = z.object({
  source: z.string(),
  kind: ProviderKind,
  base: z.string(),
  deployment: z.string().default('the-model'),
  options: ProviderOptions.default({}),
  request: z.record(z.string(), z.unknown()),
  answer: z.unknown(),
  stream: z.array(z.unknown()),
  error: z.object({ status: z.number(), body: z.unknown() }),
})

const root = join(import.meta.dirname, 'transcripts', 'providers')
const names = readdirSync(root).flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -5)] : []))

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const json = { 'content-type': 'application/json' }
const eventStream = { 'content-type': 'text/event-stream' }
/** A line that is a comment stands as it is. */
const wire = (event: unknown) =>
  typeof event === 'string' && event.startsWith(':')
    ? `${event}\n\n`
    : `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`

const plainHeaders = ['host', 'connection', 'content-length', 'user-agent', 'content-type']
const sent = ({ path, headers, body }: Recorded) => ({
  path,
  headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !plainHeaders.includes(name))),
  body,
})

test('every kind that speaks one of them has its transcript', () => {
  const kinds = names.map((name) => Transcript.parse(JSON.parse(readFileSync(join(root, `${name}.json`), 'utf8'))).kind)
  const spoken = Object.values(providers).flatMap(({ id, dialect }) =>
    (dialect === 'openai' || dialect === 'responses') && id !== 'demo' ? [id] : [],
  )
  expect([...new Set(kinds)].sort()).toEqual(spoken.sort())
})

test.each(names)('%s: as it is asked, as it answers, streams and refuses', async (name) => {
  const { kind, base, deployment, options, request, answer, stream, error } = Transcript.parse(
    JSON.parse(readFileSync(join(root, `${name}.json`), 'utf8')),
  )
  const streamed = verbatim(200, stream.map(wire).join(''), eventStream)
  const refused = verbatim(error.status, JSON.stringify(error.body), json)
  const upstream = await stage.provider(queue(verbatim(200, JSON.stringify(answer), json), streamed, streamed, refused))
  const account = await openAccount(stage.cockpit, { credits: '1000' })
  const connection = { name: kind, kind, options, baseUrl: upstream.url + base, secret: upstreamKey, maxRetries: 0 }
  const { model } = await offerModel(stage.cockpit, account.id, [connection], { upstreamModel: deployment })
  const key = await issueKey(stage.cockpit, account)
  await eventually(async () => {
    const { text } = await stage.cockpit.send('GET /v1/models', { headers: { authorization: `Bearer ${key.secret}` } })
    if (!text.includes(model.name)) throw new Error(`the gateway does not offer the model yet: ${text}`)
  })

  /** The answer without what differs from run to run. */
  const call = async (path: string, body: object) => {
    const response = await fetch(stage.cockpit.url + path, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${key.secret}` },
      body: JSON.stringify({ model: model.name, ...body }),
    })
    const text = await response.text()
    const id = response.headers.get('x-request-id') ?? ''
    const { tokens } = await eventually(() => account.api.usage.get({ params: { id } }))
    // an answer that is translated is dated by this gateway
    const isTranslated = providers[kind].dialect !== 'openai'
    const dated = isTranslated ? text.replaceAll(/"created":\d+/g, '"created":1790000000') : text
    const said = dated.replaceAll(model.name, 'asked-for').replaceAll(id, 'req').replaceAll(id.slice(4), 'id')
    return {
      status: response.status,
      droppedFields: response.headers.get('x-dropped-fields'),
      tokens,
      said: response.headers.get('content-type')?.includes('json') ? JSON.parse(said) : said.split('\n\n'),
    }
  }

  const whole = await call('/v1/chat/completions', request)
  const inPieces = await call('/v1/chat/completions', { ...request, stream: true })
  const { messages, max_completion_tokens: max_tokens } = request
  const simple = Array.isArray(messages) && messages.length === 1 ? messages : [{ role: 'user', content: 'Hi' }]
  const asAnthropic = await call('/v1/messages', { messages: simple, max_tokens, stream: true })
  const failed = await call('/v1/chat/completions', request)
  const [asked, askedToStream, askedForAnthropic] = upstream.requests.map(sent)
  const transcript = { asked, whole, askedToStream, inPieces, askedForAnthropic, asAnthropic, failed }
  await expect(`${JSON.stringify(transcript, null, 2)}\n`).toMatchFileSnapshot(join(root, `${name}.expected`))
})
