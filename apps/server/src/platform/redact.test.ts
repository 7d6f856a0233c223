import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redactorOf } from './redact.ts'

test('a secret is not found in what is left, as it is, in JSON or in an address', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 8 }), fc.string(), fc.string(), (secret, before, after) => {
      // text around it that builds the mask or the secret anew proves nothing
      fc.pre(!secret.includes('*') && !`${before}${after}`.includes('*'))
      const redact = redactorOf(secret)
      const forms = [secret, JSON.stringify({ key: secret }), `https://x.test/?key=${encodeURIComponent(secret)}`]
      for (const form of forms) expect(redact(`${before}${form}`)).toContain('****')
      expect(redact(`${before}${secret}${after}`)).not.toContain(secret)
    }),
  )
})

test.each([null, '', 'EMPTY', 'sk-1234'])('%s protects nothing and nothing is taken out', (secret) => {
  expect(redactorOf(secret)('the key EMPTY of sk-1234 null')).toBe('the key EMPTY of sk-1234 null')
})
