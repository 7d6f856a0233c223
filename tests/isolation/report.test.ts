import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { freshDatabase } from '../../apps/server/src/platform/testing.ts'
import { unnoticed } from './harmless.ts'
import { policyMutants, sourceMutants } from './mutants.ts'
import { isAsSigned, type Report, readReport, signReport } from './report.ts'

const report: Report = {
  at: '2026-01-01T00:00:00.000Z',
  installation: 'http://localhost:4000',
  cases: 3,
  leaks: 1,
  leakList: [{ route: 'teams.get', principal: 'member', way: 'own object', what: 'shows a canary' }],
  casesByPrincipal: { member: 3 },
}
/** What the matrix asks at least; fewer would prove less. */
const casesMin = 15_000
/** So many may join before the report is made again. */
const untriedMax = 25

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

test('whoever reads a report is told what it found and with which key it was signed, or that it was changed', () => {
  const signed = signReport(report, generateKeyPairSync('ed25519').privateKey)
  const read = readReport(JSON.stringify(signed, null, 2))
  expect(read).toMatchObject({ isAsSigned: true, words: expect.stringContaining('3 cases, 1 leaks') })
  expect(read.words).toContain(signed.publicKey)
  expect(readReport(JSON.stringify({ ...signed, leaks: 0 })).isAsSigned).toBe(false)
})

/** What the report of a run holds: figures that fit each other, and a signature over them. */
const Written = z.object({
  at: z.iso.datetime(),
  installation: z.url(),
  cases: z.int().positive(),
  leaks: z.int().nonnegative(),
  leakList: z.array(z.object({ route: z.string(), principal: z.string(), way: z.string(), what: z.string() })),
  casesByPrincipal: z.record(z.string(), z.int().positive()),
  mutants: z.int().positive(),
  mutants_killed_percent: z.number().min(0).max(100),
  mutants_existing: z.record(z.string(), z.int().positive()),
  mutants_tried: z.record(z.string(), z.int().positive()),
  equivalent: z.record(z.string(), z.string().min(10)),
  second_lines: z.int().nonnegative(),
  not_asked: z.record(z.string(), z.int().positive()),
  undecided: z.int().nonnegative(),
  survivors: z.array(z.string()),
  killedBy: z.record(z.string(), z.int().positive()),
  verdicts: z.record(z.string(), z.enum(['killed', 'harmless', 'second line', 'not asked', 'undecided', 'survived'])),
  publicKey: z.string(),
  signature: z.string(),
})

const committed = () => JSON.parse(readFileSync(new URL('../../docs/reports/isolation.json', import.meta.url), 'utf8'))

test('the committed report was signed as it is, knows of no leak and of no survivor but those that are explained, and its figures fit each other', () => {
  const raw = committed()
  const written = Written.parse(raw)
  expect(isAsSigned(raw)).toBe(true)
  expect([written.leaks, written.leakList]).toEqual([0, []])
  expect(written.survivors.filter((name) => unnoticed[name] === undefined)).toEqual([])
  expect(written.cases).toBeGreaterThan(casesMin)
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, one) => all + one, 0)
  expect(sum(written.casesByPrincipal)).toBe(written.cases)
  const killed = sum(written.killedBy)
  expect(killed + written.survivors.length).toBe(written.mutants)
  expect(written.mutants_killed_percent).toBeCloseTo((100 * killed) / written.mutants, 1)
  expect(Object.keys(written.verdicts)).toHaveLength(sum(written.mutants_tried))
  expect(sum(written.mutants_tried)).toBe(
    written.mutants +
      Object.keys(written.equivalent).length +
      written.second_lines +
      sum(written.not_asked) +
      written.undecided,
  )
})

test('the committed report has tried nearly everything that keeps accounts apart in this source tree', async () => {
  const { verdicts } = Written.parse(committed())
  const database = await freshDatabase()
  const mutants = [...sourceMutants(), ...(await policyMutants(database.query))]
  await database.close()
  const untried = mutants.map(({ name }) => name).filter((name) => (verdicts[name] ?? 'undecided') === 'undecided')
  const count = `${untried.length} of ${mutants.length}`
  const advice = `${count} are new since docs/reports/isolation.json; make it again: npm run isolation -- --mutants`
  expect(untried.length, `${advice}\n${untried.join('\n')}`).toBeLessThanOrEqual(untriedMax)
})
