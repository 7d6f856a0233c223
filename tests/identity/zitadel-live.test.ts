import { expect, test } from 'vitest'
import { liveOf } from '../support/zitadel-live.ts'

const all = {
  ZITADEL_TEST_ISSUER: 'https://id.example.com/',
  ZITADEL_TEST_TOKEN: 'pat',
  ZITADEL_TEST_ORGANIZATION_ID: '1111',
}

test('without an issuer nothing is asked of a living Zitadel', () => {
  const { ZITADEL_TEST_ISSUER: _, ...rest } = all
  expect(liveOf(rest)).toBeNull()
})

test('with an issuer alone the suite fails, and says what else it needs', () => {
  const { ZITADEL_TEST_ISSUER } = all
  expect(liveOf({ ZITADEL_TEST_ISSUER })).toMatchObject({
    message:
      'ZITADEL_TEST_ISSUER names a living Zitadel; the suite needs ZITADEL_TEST_TOKEN (a token with IAM_OWNER) and ZITADEL_TEST_ORGANIZATION_ID (the organization that is to own the project) too, or none of them.',
  })
  const { ZITADEL_TEST_TOKEN: _, ...rest } = all
  expect(liveOf(rest)).toMatchObject({ message: expect.not.stringContaining('ORGANIZATION_ID') })
})

test('with all of them it runs there, and hears webhooks where an address is named', () => {
  const live = { issuer: 'https://id.example.com', token: 'pat', organizationId: '1111' }
  expect(liveOf(all)).toEqual({ ...live, callback: null })
  const callback = 'http://10.1.2.3:4999'
  expect(liveOf({ ...all, ZITADEL_TEST_CALLBACK: callback })).toEqual({ ...live, callback })
})
