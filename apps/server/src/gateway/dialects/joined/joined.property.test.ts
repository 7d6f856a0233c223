/** However an answer is cut in two, and however its rest is cut into pieces, its caller reads one text. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SseEvent } from '../sse.ts'
import { createRestText, joinings } from './index.ts'

const texts = fc
  .array(fc.constantFrom('a', 'b', 'One', ' ', '\n', '  ', 'é', '世界', '"', '\\'), { maxLength: 12 })
  .map((parts) => parts.join(''))
const pieces = (text: string, cuts: readonly number[]): string[] => {
  const at = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b)
  return [...at, text.length].map((end, place) => text.slice(at[place - 1] ?? 0, end))
}
const read = (said: string, rest: readonly string[], echoes: boolean): string => {
  const reader = createRestText(said, echoes)
  return said + rest.map((piece) => reader.push(piece)).join('') + reader.end()
}
const cuts = fc.array(fc.nat(100), { maxLength: 5 })

describe('the text', () => {
  test('is whole where the rest begins with the white space that was said before', () => {
    fc.assert(
      fc.property(texts, fc.nat(100), cuts, fc.boolean(), (text, cut, more, echoes) => {
        const said = text.slice(0, cut % (text.length + 1))
        // a model is given what was said without white space at its end, and goes on from there
        const given = said.trimEnd()
        const rest = text.slice(given.length)
        expect(read(said, pieces(echoes ? given + rest : rest, more), echoes)).toBe(text)
      }),
    )
  })

  test('loses nothing of a rest that does not repeat what was said', () => {
    fc.assert(
      fc.property(texts, texts, cuts, (said, words, more) => {
        const rest = `x${words}`
        expect(read(said, pieces(rest, more), true)).toBe(said + rest)
      }),
    )
  })
})

type Said = {
  id?: string
  choices?: { delta: { content?: string } }[]
  type?: string
  index?: number
  delta?: { text?: string }
}
const event = (said: object): SseEvent => ({ event: undefined, data: JSON.stringify(said), raw: Buffer.alloc(0) })
const dialects = {
  openai: {
    begin: (id: string) => [{ id, choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] }],
    text: (id: string, content: string) => ({ id, choices: [{ index: 0, delta: { content } }] }),
    textOf: ({ choices }: Said) => choices?.[0]?.delta.content ?? '',
  },
  anthropic: {
    begin: (id: string) => [
      { type: 'message_start', message: { id } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ],
    text: (_id: string, text: string) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text },
    }),
    textOf: ({ delta }: Said) => delta?.text ?? '',
  },
}

test.each(['openai', 'anthropic'] as const)('an answer of %s is one however often it breaks off', (dialect) => {
  const joining = joinings[dialect]
  const { begin, text, textOf } = dialects[dialect]
  fc.assert(
    fc.property(texts, fc.array(fc.nat(100), { minLength: 1, maxLength: 3 }), cuts, (whole, breaks, more) => {
      const speech = joining?.createSpeech()
      if (!speech) throw new Error('there is one')
      const heard: Said[] = []
      let join: (said: SseEvent) => SseEvent[] = (said) => [said]
      const ends = breaks.map((at) => at % (whole.length + 1)).sort((a, b) => a - b)
      for (const [nth, end] of [...ends, whole.length].entries()) {
        const before = heard.map(textOf).join('')
        expect(speech.text()).toBe(before)
        const from = nth === 0 ? 0 : before.trimEnd().length
        if (nth > 0) {
          const next = speech.join(createRestText(before, false))
          join = (said) => next(said, null)
        }
        const parts = pieces(whole.slice(from, Math.max(end, from)), more)
        for (const said of [...begin(`id_${nth}`), ...parts.map((part) => text(`id_${nth}`, part))])
          for (const one of join(event(said))) {
            speech.hear(one)
            heard.push(JSON.parse(one.data))
          }
      }
      const all = heard.map(textOf).join('')
      expect(all.trimEnd()).toBe(whole.trimEnd())
      expect(new Set(heard.flatMap(({ id }) => id ?? [])).size).toBeLessThanOrEqual(1)
      expect(heard.filter(({ type }) => type === 'message_start').length).toBeLessThanOrEqual(1)
      expect(new Set(heard.flatMap(({ index }) => index ?? [])).size).toBeLessThanOrEqual(1)
    }),
  )
})
