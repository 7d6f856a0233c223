import { describe, expect, test } from 'vitest'
import { maskedContent } from './masked.ts'

const mask = (given: Partial<Parameters<typeof maskedContent>[0]>) => {
  const none = Buffer.alloc(0)
  const whole = { dialect: 'openai', stream: false, request: none, response: none } as const
  const { request, response } = maskedContent({ ...whole, requestEnds: true, responseEnds: true, ...given })
  return { request: request.toString(), response: response.toString() }
}
const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const events = (...data: unknown[]) => Buffer.from(data.map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''))
const delta = (content: string) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })

describe('what is kept of a call is masked', () => {
  test('in every text of a request, also where no guardrail looks', () => {
    const { request } = mask({
      request: json({
        user: 'ada@example.com',
        messages: [{ role: 'user', content: 'Write to bob@example.com' }],
        tools: [{ type: 'function', function: { name: 'x', description: 'Reach carl@example.com' } }],
      }),
    })
    expect(request).not.toContain('@example.com')
    expect(JSON.parse(request)).toMatchObject({ user: '[EMAIL]', messages: [{ content: 'Write to [EMAIL]' }] })
  })

  test('across the events of a stream, and in events of whichever form', () => {
    const stream = events(delta('Ask ada@exam'), delta('ple.com now'), { note: { said: 'bob@example.com' } })
    const { response } = mask({ stream: true, response: stream })
    expect(response).not.toMatch(/ada@|bob@/)
    expect(response).toContain('{"said":"[EMAIL]"}')
    expect(response.match(/\[EMAIL\]/g)).toHaveLength(2)
  })

  test('and the half of a word where it was cut off is left out', () => {
    const cut = Buffer.from('{"messages":[{"role":"user","content":"ada@example.com or bob@exam')
    expect(mask({ request: cut, requestEnds: false }).request).toBe(
      '{"messages":[{"role":"user","content":"[EMAIL] or"',
    )
    const stream = events(delta('Ask bob@exam'))
    expect(mask({ stream: true, response: stream, responseEnds: false }).response).not.toContain('bob@')
  })

  test('in a text that is no JSON', () => {
    expect(mask({ response: Buffer.from('Ask ada@example.com') }).response).toBe('Ask [EMAIL]')
  })
})
