import { expect, test } from 'vitest'
import { createSaltKey } from './salt.ts'

// closed by PyNaCl and by Python's cryptography, with the salt key below
const open = createSaltKey('sk-salt-of-the-test')
const box = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYX_rvlRcbxXNmb7M4WTQL8iWc9qshWST6APZGaq4D4mppGYg=='
const emptyBox = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXtL5oLSb-P-eoXdXuuJ149g=='
const longBox =
  'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXn2CCbtQOmSvXyUDPuaN272wu_8VeQjKKIIiP_ovlgZBbbhNjyqv2wFQyJwtQY3rpz8o-tB9xCBxwgtKU35CqavcUXmFmteV-utPsj7riIAsjDSLZW1N9j5ZboTbx5pOGZ2zEf3Co2E8MCO3165bWat1aEoJ4sV6GP25ySjG02Ysvr9hp-8ozf56V7S6q4ifrHhdAT6qKJDtpdKSJbmGhKjNDhEMgbsIeaQ3e-pINPyYm763wGWRP3qNAaAOPNshR6QtEg4Vqq8MLajejOv2U7mCmcg0OBvLIKms='
const v2 = 'v2:gcm:AAECAwQFBgcICQoL7NPN-4d1lRNVQI6ljNAvdEcVeL1sPn2dg4FT6Q=='
const v3 = 'v3:gcm:AAECAwQFBgcICQoLz-NOpe5veZnNkL5psn6CZO9KT-hW9-T12x5VHA=='

test('each of the three forms in which LiteLLM encrypts is opened with its salt key', () => {
  expect([box, emptyBox, longBox, v2, v3].map(open)).toEqual([
    'sk-upstream-secret',
    '',
    `${'x'.repeat(200)}é`,
    'azure/gpt-4o',
    'azure/gpt-4o',
  ])
})

test('another salt key, a changed byte and what is not encrypted open nothing', () => {
  const other = createSaltKey('sk-another')
  expect([box, longBox, v2, v3].map(other)).toEqual([null, null, null, null])
  const changed = (text: string) => text.replace(/.(...={0,2})$/, (end, kept) => (end[0] === 'A' ? 'B' : 'A') + kept)
  expect([box, longBox, v2, v3].map(changed).map(open)).toEqual([null, null, null, null])
  expect(['gpt-4o', '', 'v3:gcm:', 'https://api.example.com/v1'].map(open)).toEqual([null, null, null, null])
})
