import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { isAsSigned, type Report, signReport } from './report.ts'

const report: Report = {
  at: '2026-01-01T00:00:00.000Z',
  installation: 'http://localhost:4000',
  cases: 3,
  leaks: 1,
  leakList: [{ route: 'teams.get', principal: 'member', way: 'own object', what: 'shows a canary' }],
  casesByPrincipal: { member: 3 },
}
test('a report verifies as it was signed, also after it was written and read', () => {
  const signed = signReport(report, generateKeyPairSync('ed25519').privateKey)
  expect(isAsSigned(JSON.parse(JSON.stringify(signed)))).toBe(true)
})

test('a report in which a leak was hidden, or that names another key, does not verify', () => {
  const signed = signReport(report, generateKeyPairSync('ed25519').privateKey)
  const other = signReport(report, generateKeyPairSync('ed25519').privateKey)
  expect(isAsSigned({ ...signed, leaks: 0, leakList: [] })).toBe(false)
  expect(isAsSigned({ ...signed, publicKey: other.publicKey })).toBe(false)
})
