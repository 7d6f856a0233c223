/** Streams that break off in the middle and are gone on with, through the front door and the official SDKs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answer, cutMidStream, errorMidStream, hangMidStream, resetMidStream } from '../upstreams/index.ts'
import { pairs } from './callers.ts'
import { routesOn } from './routes.ts'
import { type Stage, startStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const { routed } = routesOn(() => stage)

describe.concurrent.each(pairs)('$name', ({ caller, kind }) => {
  const provider = kind === 'anthropic' ? kind : 'vllm'
  const rest = answer({ text: ' five six', usage: { input: 20, output: 2 } })
  const text = 'One two three four five six'

  test.each([
    ['is reset', resetMidStream(text, 6)],
    ['is cut', cutMidStream(text, 6)],
    ['fails', errorMidStream(text, 6)],
    ['hangs', hangMidStream(text, 6)],
  ])('an answer that %s is read as one, and booked with both prompts', async (_, broken) => {
    const { tenant, upstreams, counts } = await routed(
      [broken, rest],
      { continuationsMax: 1 },
      [{ timeouts: { betweenTokensMs: 300 } }],
      provider,
    )
    const said = await caller.ask(tenant, { stream: true })
    const given = upstreams[1]?.requests[0]?.body
    const begun = String(given && 'messages' in given && JSON.stringify(given.messages))
    // as far as it had come, and not further
    expect(said.text.endsWith(' five six')).toBe(true)
    expect(begun).toContain(said.text.slice(0, -' five six'.length))
    expect(counts()).toEqual([1, 1])
    const call = await tenant.logged(said.requestId)
    expect(call).toMatchObject({ status: 'ok', attempts: 2 })
    expect(call.spans.map(({ name }) => name)).toEqual(expect.arrayContaining(['attempt 1', 'continued', 'stream']))
    expect(said.tokens).toEqual({ input: call.tokens.input, output: call.tokens.output })
    expect(call.tokens.input).toBeGreaterThan(20)
  })

  test('an answer nobody goes on with ends with an error the SDK raises', async () => {
    const { tenant, counts } = await routed([resetMidStream(text, 6), rest], {}, [], provider)
    await expect(caller.ask(tenant, { stream: true })).rejects.toThrow()
    expect(counts()).toEqual([1, 0])
  })
})
