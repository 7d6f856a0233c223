import { expect, test } from 'vitest'
import { createLog } from './index.ts'

test('an error in a log line brings its code and stack, and nothing of the driver that hangs on it', () => {
  const lines: string[] = []
  const log = createLog('info', { write: (line) => void lines.push(line) })
  const lost = Object.assign(new Error('terminated'), { code: '57P01', client: { processID: 1, secretKey: 4711 } })
  log.error({ err: new Error('no answer', { cause: lost }) }, 'one')
  log.error({ err: lost }, 'two')
  expect(lines.join()).not.toMatch(/4711|processID/)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ err: { message: expect.stringContaining('terminated') } })
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({
    err: { type: 'Error', message: 'terminated', code: '57P01', stack: expect.stringContaining('log.test.ts') },
  })
})

test('a log line holds no credential, wherever in it one stands', () => {
  const lines: string[] = []
  const log = createLog('info', { write: (line) => void lines.push(line) })
  log.info(
    {
      password: 's1',
      headers: { authorization: 's2', cookie: 's3' },
      connection: { inner: { apiKey: 's4' } },
      user: 'ada',
    },
    'hello',
  )
  expect(lines.join()).toContain('ada')
  expect(lines.join()).not.toMatch(/"s[1-4]"/)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    msg: 'hello',
    password: '[redacted]',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
  })
})
