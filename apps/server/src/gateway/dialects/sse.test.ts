import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSseParser, encodeData, encodeEvent, type SseEvent, SseTooLarge } from './sse.ts'

function parse(bytes: Buffer, cuts: number[] = []): SseEvent[] {
  const parser = createSseParser()
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  const events = edges.slice(1).flatMap((to, at) => parser.push(Buffer.from(bytes.subarray(edges[at], to))))
  return [...events, ...parser.end()]
}

const plain = (events: SseEvent[]) => events.map(({ event, data, raw }) => ({ event, data, raw: raw.toString('utf8') }))

const line = fc.stringMatching(/^[^\r\n]{0,12}$/)
const ending = fc.constantFrom('\n', '\r\n', '\r')
const block = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom('data: ', 'data:', 'event: ', ': ', 'id: ', 'x'), line), {
      minLength: 1,
      maxLength: 4,
    }),
    ending,
  )
  .map(([lines, end]) => lines.map(([field, text]) => field + text + end).join('') + end)

test('a stream reads the same however its bytes are cut, and its raw bytes add up to what came in', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 6 }), fc.array(fc.nat(400), { maxLength: 30 }), (blocks, cuts) => {
      const bytes = Buffer.from(blocks.join(''))
      const whole = plain(parse(bytes))
      expect(plain(parse(bytes, cuts))).toEqual(whole)
      expect(plain(parse(bytes, [...bytes.keys()]))).toEqual(whole)
      expect(whole.map(({ raw }) => raw).join('')).toBe(bytes.toString('utf8'))
    }),
  )
})

test('several data lines are one value, comments and unknown fields are none', () => {
  const [first, second] = parse(Buffer.from('event: x\ndata: {"a":\ndata:1}\nid: 7\n\n: ping\n\n'))
  expect(first).toMatchObject({ event: 'x', data: '{"a":\n1}' })
  expect(second).toMatchObject({ event: undefined, data: '' })
})

test('one space after the colon belongs to the field, the next to the value', () => {
  expect(parse(Buffer.from('data:  a\n\ndata\n\n')).map(({ data }) => data)).toEqual([' a', ''])
})

test('a byte order mark at the start is no part of the first field', () => {
  expect(parse(Buffer.from('\ufeffdata: a\n\n'))[0]?.data).toBe('a')
})

test('an event without its closing blank line still counts when the stream ends', () => {
  expect(parse(Buffer.from('data: [DONE]')).map(({ data }) => data)).toEqual(['[DONE]'])
})

test('an event is yielded as soon as its blank line is there, without waiting for the next', () => {
  const parser = createSseParser()
  expect(parser.push(Buffer.from('data: a\r\n\r\n'))).toHaveLength(1)
  expect(parser.push(Buffer.from('data: b\n'))).toHaveLength(0)
  expect(parser.push(Buffer.from('\n'))).toHaveLength(1)
})

test('an event larger than the bound is refused with a sentence, in one piece and in many', () => {
  const parser = () => createSseParser({ eventBytesMax: 64 })
  const big = Buffer.from(encodeData('x'.repeat(100)))
  expect(() => parser().push(big)).toThrow(SseTooLarge)
  const slow = parser()
  expect(() => big.forEach((byte) => void slow.push(Buffer.from([byte])))).toThrow('larger than 64 bytes')
})

test('many small events do not add up to a large one', () => {
  const parser = createSseParser({ eventBytesMax: 64 })
  expect(parser.push(Buffer.from(encodeData('x').repeat(100)))).toHaveLength(100)
})

test('what was encoded reads back', () => {
  const bytes = Buffer.from(encodeEvent('ping', '{"type":"ping"}') + encodeData('[DONE]'))
  expect(parse(bytes).map(({ event, data }) => [event, data])).toEqual([
    ['ping', '{"type":"ping"}'],
    [undefined, '[DONE]'],
  ])
})
