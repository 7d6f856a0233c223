/**
 * `npm run test:keycloak`: the tests against a real Keycloak. Its distribution comes from Maven, as it does for everybody;
 * where that, or the Java it needs, is not there, the run is skipped and says why.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { artifact, missingTool, refusalIn, tellOutcome, wordsOf } from './keycloak.ts'
import { runPackage } from './run.ts'

/** 150 MB, the first time; Maven keeps it. */
const fetchMaxMs = 300_000

const directory = mkdtempSync(path.join(tmpdir(), 'cockpit-keycloak-'))
try {
  const reason = missingTool() ?? missingArtifact()
  if (reason) {
    tellOutcome({ reason })
    console.log(wordsOf({ reason }).summary)
  } else process.exitCode = await run()
} finally {
  rmSync(directory, { recursive: true, force: true })
}

function missingArtifact(): string | null {
  const args = [
    '--batch-mode',
    '--quiet',
    'dependency:unpack',
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${directory}`,
  ]
  // it leaves files where it is started
  const { status, stdout } = spawnSync('mvn', args, { cwd: directory, encoding: 'utf8', timeout: fetchMaxMs })
  return status === 0 ? null : `Maven cannot fetch ${artifact}: ${refusalIn(stdout ?? '')}`
}

async function run(): Promise<number> {
  const home = readdirSync(directory).find((name) => name.startsWith('keycloak-'))
  const file = path.join(directory, 'results.json')
  const args = ['run', 'tests/identity/keycloak.test.ts', '--reporter=default', '--reporter=json']
  const { code } = await runPackage('vitest', 'vitest', [...args, `--outputFile.json=${file}`], {
    show: true,
    environment: { COCKPIT_KEYCLOAK_HOME: path.join(directory, home ?? '') },
  })
  const passed = existsSync(file) ? passedIn(readFileSync(file, 'utf8')) : 0
  // a lane in which nothing ran has proven nothing
  if (code !== 0 || passed === 0) {
    console.log(`FAILED: the tests against a real Keycloak (${passed} passed)`)
    return code || 1
  }
  tellOutcome({ passed })
  console.log(`PASSED: ${passed} tests against a real Keycloak`)
  return 0
}

function passedIn(results: string): number {
  return (JSON.parse(results) as { numPassedTests: number }).numPassedTests
}
