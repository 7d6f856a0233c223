import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { replaceModel, setField, setFields } from './edit.ts'

const json = fc.jsonValue({ maxDepth: 4 })
// `__proto__` is a key like others in JSON, but not in an object literal of the test itself
const key = fc
  .oneof(fc.constantFrom('model', 'stream_options', 'messages', 'a"b', 'mod\\el', ''), fc.string())
  .filter((name) => name !== '__proto__')
const body = fc.dictionary(key, fc.oneof(json, fc.record({ model: json, stream: json })))
const indent = fc.constantFrom<number | string>(0, 1, '\t')

describe('setting fields in the bytes of a body', () => {
  test('means the same as parsing, setting and serialising', () => {
    fc.assert(
      fc.property(body, indent, fc.dictionary(key, json, { maxKeys: 3 }), (before, spaces, fields) => {
        const texts = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)]))
        const after = setFields(Buffer.from(JSON.stringify(before, null, spaces)), texts)
        expect(JSON.parse(after.toString('utf8'))).toEqual(JSON.parse(JSON.stringify({ ...before, ...fields })))
      }),
      { numRuns: 1000 },
    )
  })

  test('leaves every other byte as it was', () => {
    const text =
      '{ "messages" : [{"content":"\\"model\\":\\"x\\" \\\\"}] ,\n\t"model"\t: "old" , "n":1.50e+1, "meta":{"model":"inner"} }\n'
    expect(replaceModel(Buffer.from(text), 'new"er').toString()).toBe(text.replace('"old"', '"new\\"er"'))
  })

  test('finds a key that is written with escapes', () => {
    expect(replaceModel(Buffer.from('{"mod\\u0065l":"old"}'), 'new').toString()).toBe('{"mod\\u0065l":"new"}')
  })

  test('changes every repetition of a key, so that no reader sees the smuggled one', () => {
    const smuggled = '{"model":"cheap","messages":[],"model":"dear"}'
    expect(replaceModel(Buffer.from(smuggled), 'm').toString()).toBe('{"model":"m","messages":[],"model":"m"}')
  })

  test('adds what is missing, also to an empty object', () => {
    expect(setField(Buffer.from('{}'), 'a', '1').toString()).toBe('{"a":1}')
    expect(setField(Buffer.from(`{${' '.repeat(300)}}`), 'a', '1').toString()).toBe(`{"a":1${' '.repeat(300)}}`)
    expect(setFields(Buffer.from(' { "b":2}'), { a: '1', c: 'null' }).toString()).toBe(' {"a":1,"c":null, "b":2}')
  })

  test('comes to an end on bytes that are no JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', '"', '\\', ':', ',', '[', ' ', 'a') }), (text) => {
        expect(setField(Buffer.from(text), 'a', '1')).toBeInstanceOf(Buffer)
      }),
    )
  })
})
