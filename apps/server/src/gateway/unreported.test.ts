/** Streams whose provider never says what they used are billed by a count, as answers in one piece are. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { countMessages } from './dialects/index.ts'
import {
  accountSlice,
  chat,
  chunk,
  completion,
  connectionTo,
  modelNamed,
  platformSlice,
  runGateway,
  sendJson,
  sse,
  stopsOfTest,
  until,
  upstream,
} from './testing.ts'

const stops = stopsOfTest()

// far fewer tokens than a third of its bytes, which is what the hold reserves
const messages = [{ role: 'user', content: 'Extraordinary circumstances require extraordinary measures. '.repeat(50) }]

const started = async (answer: Parameters<typeof upstream>[0]) => {
  const up = await upstream(answer)
  stops.push(up.close)
  const running = await runGateway([
    platformSlice({ connections: [connectionTo(up.url)], models: [modelNamed('small')] }),
    accountSlice(),
  ])
  stops.push(running.stop)
  const recorded = async (count: number) => {
    await until(() => running.ledger.records.size === count, 'the record is shipped')
    return [...running.ledger.records.values()].at(-1)
  }
  return { ...running, up, recorded }
}

const counted = () => countMessages({ messages }, 'openai')

test('the input of a stream is counted as that of an answer in one piece', async () => {
  const { url, recorded, gateway } = await started((seen, res) => {
    if (!seen.text.includes('"stream":true')) return sendJson(res, completion('Measures taken.', null))
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.end(sse(chunk('Measures taken.'), chunk('', 'stop'), '[DONE]'))
  })
  await chat(url, { messages })
  const whole = await recorded(1)
  const { text } = await chat(url, { messages, stream: true })
  expect(text).toContain('[DONE]')
  const streamed = await recorded(2)
  expect(whole?.tokens).toMatchObject({ input: await counted(), source: 'estimated' })
  expect(streamed).toMatchObject({
    status: 'ok',
    stream: true,
    tokens: { input: await counted(), source: 'estimated' },
  })
  expect(streamed?.tokens.output).toBe(4)
  expect(gateway.activeStreams('acc_1')).toBe(0)
})

test('so is that of a stream whose caller hangs up', async () => {
  const { url, recorded, gateway } = await started(async (_seen, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    for (let i = 0; i < 300 && !res.destroyed; i++) {
      res.write(sse(chunk('word ')))
      await sleep(2)
    }
    res.end()
  })
  await chat(url, { messages, stream: true }, { onPiece: (_text, req) => req.destroy() }).catch(() => {})
  expect(await recorded(1)).toMatchObject({ status: 'cancelled', tokens: { input: await counted() } })
  await until(() => gateway.stats().activeCalls === 0, 'no call is open')
  expect(gateway.activeStreams('acc_1')).toBe(0)
})

test('and that of a call whose caller hangs up before the answer begins', async () => {
  const { url, recorded, up } = await started(() => {})
  const leaving = new AbortController()
  const asked = fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-test-ada', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'small', messages, stream: true }),
    signal: leaving.signal,
  }).catch(() => {})
  await until(() => up.requests.length === 1, 'the provider is asked')
  leaving.abort()
  await asked
  expect(await recorded(1)).toMatchObject({ status: 'cancelled', tokens: { input: await counted(), output: 0 } })
})
