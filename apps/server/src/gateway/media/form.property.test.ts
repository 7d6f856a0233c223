/** Forms as they are written by all kinds of writers, and by nobody in his right mind. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Untranslatable } from '../dialects/index.ts'
import { boundaryOf, fieldsOf, readForm, withFields } from './form.ts'

const boundary = 'x-9f--Bound'
const name = fc.stringMatching(/^[a-z][a-z_]{0,8}$/)
/** Content that likes to look like a boundary, a head or an end. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('\r\n', '\r\n--', '--', `--${boundary}`.slice(0, -1), '\r\n\r\n', 'name="model"')
        .map((text) => Buffer.from(text)),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => Buffer.concat(pieces))
  // the line before it ends where it begins
  .filter((bytes) => !Buffer.concat([Buffer.from('\r\n'), bytes]).includes(`\r\n--${boundary}`))
const field = fc.record({
  name,
  text: fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('--x-9f')),
})
const file = fc.record({ name, content, filename: fc.constantFrom('a.wav', 'ü "x".png', '', 'a;b=c.mp3') })
type Part = { name: string; text: string } | { name: string; content: Buffer; filename: string }

const written = (parts: readonly Part[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap((part) => [
      Buffer.from(
        'text' in part
          ? `--${boundary}\r\nContent-Disposition: form-data; name="${part.name}"\r\n\r\n`
          : `--${boundary}\r\ncontent-disposition: form-data; name="${part.name}"; filename="${part.filename.replaceAll('"', '\\"')}"\r\nContent-Type: audio/wav\r\n\r\n`,
      ),
      'text' in part ? Buffer.from(part.text) : part.content,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ])
const form = fc.uniqueArray(fc.oneof(field, file), { selector: ({ name }) => name, maxLength: 6 })

describe('a form', () => {
  test('is read back as it was written, every byte of its files', () => {
    fc.assert(
      fc.property(form, (parts: readonly Part[]) => {
        const bytes = written(parts)
        const read = readForm(bytes, boundary)
        expect(read.parts.map(({ name, from, to }) => [name, bytes.subarray(from, to).toString('latin1')])).toEqual(
          parts.map((part) => [part.name, ('text' in part ? Buffer.from(part.text) : part.content).toString('latin1')]),
        )
        expect(read.parts.map(({ filename }) => filename !== null)).toEqual(parts.map((part) => 'content' in part))
        const texts = parts.flatMap((part) => ('text' in part ? [[part.name, part.text]] : []))
        expect(fieldsOf(read)).toEqual(Object.fromEntries(texts))
      }),
    )
  })

  test('gets other texts in its fields and keeps all else', () => {
    fc.assert(
      fc.property(
        form,
        fc.string({ maxLength: 30 }).filter((text) => !text.includes('\n--')),
        (parts: readonly Part[], text) => {
          const [first] = parts.filter((part) => 'text' in part)
          if (!first) return
          const changed = readForm(withFields(readForm(written(parts), boundary), { [first.name]: text }), boundary)
          const expected = parts.map((part) => (part === first ? { name: first.name, text } : part))
          expect(changed.bytes.equals(written(expected))).toBe(true)
        },
      ),
    )
  })

  test('that is cut, changed or made up is read or refused, and nothing else', () => {
    const broken = fc
      .tuple(form, fc.nat(), fc.uint8Array({ maxLength: 6 }), fc.nat(20))
      .map(([parts, place, dirt, lost]) => {
        const bytes = written(parts)
        const at = place % (bytes.length + 1)
        return Buffer.concat([bytes.subarray(0, at), Buffer.from(dirt), bytes.subarray(at + lost)])
      })
    const made = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(broken, made), (bytes) => {
        try {
          for (const { from, to } of readForm(bytes, boundary).parts) expect(from).toBeLessThanOrEqual(to)
        } catch (error) {
          expect(error).toBeInstanceOf(Untranslatable)
        }
      }),
    )
  })
})

describe('what could be read in two ways is refused', () => {
  const part = (head: string, text = 'x') => `--b\r\n${head}\r\n\r\n${text}\r\n`
  const plain = 'Content-Disposition: form-data; name="model"'
  test.each([
    ['a second field of the name', `${part(plain)}${part(plain, 'y')}--b--`],
    ['a name with escapes', `${part('Content-Disposition: form-data; name="mod\\"el"')}--b--`],
    ['a name in another encoding', `${part('Content-Disposition: form-data; name="a"; name*=utf-8\'\'model')}--b--`],
    ['two names', `${part('Content-Disposition: form-data; name="a"; name="model"')}--b--`],
    ['two dispositions', `${part(`${plain}\r\nContent-Disposition: form-data; name="a"`)}--b--`],
    ['an encoded part', `${part(`${plain}\r\nContent-Transfer-Encoding: base64`)}--b--`],
    ['a folded head', `${part('Content-Disposition: form-data;\r\n name="model"')}--b--`],
    ['bare line feeds', '--b\nContent-Disposition: form-data; name="model"\n\nx\n--b--'],
    ['a boundary that goes on', `${part(plain, 'x\r\n--bc')}--b--`],
    ['no last boundary', part(plain)],
    ['something behind the last boundary', `${part(plain)}--b--\r\n${part(plain)}`],
    ['something before the first', `x\r\n${part(plain)}--b--`],
    ['a head that ends where the boundary begins', `--b\r\n${plain}\r\n\r\n--b--`],
    ['no disposition', `${part('Content-Type: text/plain')}--b--`],
  ])('%s', (_name, text) => {
    expect(() => fieldsOf(readForm(Buffer.from(text), 'b'))).toThrow(Untranslatable)
  })

  test('and so is a content type without one plain boundary', () => {
    const boundaries: [string, string | null][] = [
      ['multipart/form-data; boundary=abc', 'abc'],
      ['Multipart/Form-Data; charset=utf-8; boundary="a b"', 'a b'],
      ['multipart/form-data', null],
      ['multipart/form-data; boundary=', null],
      ['multipart/form-data; boundary="a\r\nb"', null],
      [`multipart/form-data; boundary=${'a'.repeat(71)}`, null],
      ['multipart/mixed; boundary=abc', null],
      ['application/json', null],
    ]
    for (const [type, expected] of boundaries) expect([type, boundaryOf(type)]).toEqual([type, expected])
  })
})
