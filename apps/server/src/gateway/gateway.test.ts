import { expect, test } from 'vitest'
import {
  accountSlice,
  chat,
  chunk,
  completion,
  connectionTo,
  modelNamed,
  platformSlice,
  runGateway,
  send,
  sendJson,
  sse,
  stopsOfTest,
  type Upstream,
  until,
  upstream,
} from './testing.ts'

const stops = stopsOfTest()

const started = async (answer: Parameters<typeof upstream>[0]) => {
  const up: Upstream = await upstream(answer)
  stops.push(up.close)
  const running = await runGateway([
    platformSlice({ connections: [connectionTo(up.url)], models: [modelNamed('small')] }),
    accountSlice(),
  ])
  stops.push(running.stop)
  return { ...running, up }
}

test('an answer passes byte for byte and is billed by the usage it reports', async () => {
  const body = completion('Hi')
  const { url, ledger, up } = await started((_seen, res) => sendJson(res, body, 200, { 'x-request-id': 'up-1' }))
  const answer = await chat(url, { temperature: 0.5, unknown_field: { kept: true } })
  expect(answer.status).toBe(200)
  expect(answer.text).toBe(JSON.stringify(body))
  expect(answer.headers['x-request-id']).toMatch(/^req_/)
  expect(answer.headers['x-upstream-request-id']).toBe('up-1')
  expect(up.requests[0]?.headers.authorization).toBe('Bearer upstream-secret')
  expect(JSON.parse(up.requests[0]?.text ?? '')).toMatchObject({ temperature: 0.5, unknown_field: { kept: true } })
  await until(() => ledger.records.size === 1, 'the record is shipped')
  const record = [...ledger.records.values()][0]
  expect(record).toMatchObject({ status: 'ok', creditMicros: '20', costMicros: '20', priceVersion: 3, attempts: 1 })
  expect(record?.id).toBe(answer.headers['x-request-id'])
  expect(record?.tokens).toMatchObject({ input: 10, output: 5, source: 'reported' })
})

test('a stream arrives event by event, without the usage its caller did not ask for', async () => {
  const { url, ledger, up } = await started(async (_seen, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.write(sse(chunk('Hel', null, { usage: null })))
    await new Promise((resume) => setTimeout(resume, 30))
    res.write(sse(chunk('lo', 'stop', { usage: null })))
    res.end(
      sse({ ...chunk(''), choices: [], usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 } }, '[DONE]'),
    )
  })
  const answer = await chat(url, { stream: true })
  expect(JSON.parse(up.requests[0]?.text ?? '').stream_options).toEqual({ include_usage: true })
  expect(answer.text).toBe(sse(chunk('Hel'), chunk('lo', 'stop'), '[DONE]'))
  expect(answer.pieces.length).toBeGreaterThan(1)
  await until(() => ledger.records.size === 1, 'the record is shipped')
  expect([...ledger.records.values()][0]).toMatchObject({
    stream: true,
    tokens: { input: 7, output: 2, source: 'reported' },
  })
})

test('a path that is not the gateway’s is left alone', async () => {
  const { url } = await started((_seen, res) => sendJson(res, {}))
  expect((await send(url, '/v1/accounts', { method: 'GET' })).text).toBe('not the gateway')
})
