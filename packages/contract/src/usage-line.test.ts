import { expect, test } from 'vitest'
import { readUsageLine, storable, usageFrame, usageKeys, usageLine } from './usage-line.ts'
import { UsageRecord } from './usage-record.ts'

const record: UsageRecord = {
  id: 'req_1',
  at: 1_700_000_000_123,
  accountId: 'acc_1',
  keyId: 'key_1',
  userId: null,
  serviceAccountId: 'sva_1',
  teamId: null,
  orgId: 'org_1',
  modelId: null,
  model: 'vendor/"model"\ttabbed \\u0041 ünï 👩‍👩‍👧',
  connectionId: 'con_1',
  dialect: 'anthropic',
  operation: 'chat',
  stream: true,
  status: 'error',
  httpStatus: 502,
  errorCode: 'upstream.rejected',
  errorMessage: 'first line\nsecond\tline \\ with "quotes"',
  tokens: { input: 10, cachedInput: 2, cacheWrite: 3, output: 5, reasoning: 1, source: 'estimated' },
  costMicros: '22',
  creditMicros: '33',
  factor: '1.5',
  priceVersion: null,
  ttftMs: null,
  durationMs: 9.25,
  attempts: 2,
  hold: { kind: 'lease', id: 'hold_1', amountMicros: '100' },
  planId: 'plan',
  figures: [{ nodeId: 'bud_1', limit: '5', held: '1', settled: '2' }],
  steps: [{ layer: 'rate', rule: 'rate.none', source: 'account', value: 'a\tb\nc', verdict: 'skip' }],
  spans: [{ name: 'auth', startMs: 0, durationMs: 0.01, detail: 'x\ty', ok: true }],
  droppedFields: ['logit_bias'],
  content: { request: 'a\tb\n"c"', response: '', truncated: true },
}
const lineOf = (of: UsageRecord) => {
  const { steps, spans, figures, droppedFields } = of
  return usageLine(usageFrame(of), { ...of, trace: JSON.stringify({ steps, spans, figures, droppedFields }) })
}

test('a line holds a whole record, whatever its texts hold, and is one line', () => {
  expect(lineOf(record)).not.toContain('\n')
  expect(UsageRecord.parse(readUsageLine(lineOf(record)))).toEqual(record)
  const bare = { ...record, hold: null, content: null, errorCode: null, errorMessage: null, ttftMs: 3, priceVersion: 1 }
  expect(UsageRecord.parse(readUsageLine(lineOf(bare)))).toEqual(bare)
})

test('a line that lacks a field is no record', () => {
  expect(() => readUsageLine(lineOf(record).slice(0, lineOf(record).lastIndexOf('\t')))).toThrow('37 fields')
})

test('a carrier knows whose a line is and which lease or hold it names, without reading it', () => {
  expect(usageKeys(lineOf(record))).toEqual({ accountId: 'acc_1', planId: 'plan', holdId: 'hold_1' })
  expect(usageKeys(lineOf({ ...record, hold: { kind: 'hold', id: 'hold_2', amountMicros: '1' } }))?.holdId).toBe(
    'hold_2',
  )
  expect(usageKeys(lineOf({ ...record, hold: null }))?.holdId).toBeNull()
  expect(usageKeys(lineOf(record).slice(0, 100))).toBeNull()
})

test('what no database takes becomes a replacement sign in every text of a line', () => {
  const line = lineOf({
    ...record,
    model: 'a\0b',
    errorMessage: 'x\ud83d',
    content: { request: '\0', response: '\udc00', truncated: false },
  })
  expect(readUsageLine(line)).toMatchObject({
    model: 'a\ufffdb',
    errorMessage: 'x\ufffd',
    content: { request: '\ufffd', response: '\ufffd' },
  })
})

const through = (value: unknown) => JSON.parse(storable(JSON.stringify(value)))

test('what no database takes becomes a replacement sign, and everything else stays', () => {
  expect(through({ 'a\0b': ['\ud83d', 'x\udc00y'] })).toEqual({ 'a\ufffdb': ['\ufffd', 'x\ufffdy'] })
  const fine = ['👩‍👩‍👧', '\\u0000', '\\\\ud800', 'a\\', '\n"\u001f', 'path\\to\\ud83d']
  expect(through(fine)).toEqual(fine)
  expect(through('\\\0')).toBe('\\\ufffd')
})
