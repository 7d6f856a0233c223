import { expect, test } from 'vitest'
import { createLog } from './index.ts'

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
