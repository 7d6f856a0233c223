/** `npm test`: checks, then every test on a real PostgreSQL, then journeys in a browser where there is one. */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from './check.ts'
import { findChromium } from './chromium.ts'
import { leftToLane } from './keycloak.ts'
import { root, runFile, runPackage } from './run.ts'

type Count = { passed: number; failed: number }

const directory = mkdtempSync(join(tmpdir(), 'cockpit-results-'))
const counts: Count[] = []
const notes: string[] = []
try {
  heading('checks')
  counts.push(await check())
  heading('tests')
  counts.push(await unitTests())
  heading('browser journeys')
  counts.push(await journeys())
} finally {
  rmSync(directory, { recursive: true, force: true })
}
const total = counts.reduce((sum, { passed, failed }) => ({ passed: sum.passed + passed, failed: sum.failed + failed }))
for (const note of notes) console.log(`\n${note}`)
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0

async function unitTests(): Promise<Count> {
  const file = join(directory, 'vitest.json')
  const keycloak = await leftToLane()
  notes.push(keycloak.summary)
  const { code } = await runPackage(
    'vitest',
    'vitest',
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    { show: true, environment: { KEYCLOAK_TESTS_LEFT_OUT: keycloak.name } },
  )
  const result = read<{
    numPassedTests: number
    numFailedTests: number
    numPendingTests: number
    numFailedTestSuites: number
  }>(file)
  if (!result) return { passed: 0, failed: 1 }
  if (result.numPendingTests > 0)
    notes.push(`SKIPPED: ${result.numPendingTests} tests; the list above names them, each with its reason`)
  return honest({ passed: result.numPassedTests, failed: result.numFailedTests }, code)
}

async function journeys(): Promise<Count> {
  const nothing = { passed: 0, failed: 0 }
  if (globSync('tests/e2e/**/*.spec.ts', { cwd: root }).length === 0) return nothing
  if (!findChromium(process.env)) {
    notes.push('SKIPPED: browser journeys, as there is no Chromium: install it, or set CHROMIUM to its path')
    return nothing
  }
  const build = await runFile('tools/build-console.ts', [], { show: true })
  if (build.code !== 0) return { passed: 0, failed: 1 }
  const file = join(directory, 'playwright.json')
  const { code } = await runPackage('@playwright/test', 'playwright', ['test', '--reporter=list,json'], {
    show: true,
    environment: { PLAYWRIGHT_JSON_OUTPUT_NAME: file },
  })
  const result = read<{ stats: { expected: number; unexpected: number; flaky: number } }>(file)
  if (!result) return { passed: 0, failed: 1 }
  const { expected, unexpected, flaky } = result.stats
  return honest({ passed: expected, failed: unexpected + flaky }, code)
}

/** A run that failed outside of any test, in its set-up for example, has failed all the same. */
function honest({ passed, failed }: Count, code: number): Count {
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed }
}

function read<T>(file: string): T | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : null
}

function heading(text: string) {
  console.log(`\n── ${text}`)
}
