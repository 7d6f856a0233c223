/**
 * `npm run test:keycloak`: the tests against a real Keycloak. Its distribution comes from Maven, as it does for everybody;
 * where that, or the Java it needs, is not there, the run is skipped and says why.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { artifact, missingTool, refusalIn } from './keycloak.ts'
import { runPackage } from './run.ts'

/** 150 MB, the first time; Maven keeps it. */
const fetchMaxMs = 300_000

const directory = mkdtempSync(path.join(tmpdir(), 'cockpit-keycloak-'))
try {
  const reason = missingTool() ?? missingArtifact()
  if (reason) console.log(`SKIPPED: the tests against a real Keycloak, as ${reason}`)
  else process.exitCode = await run()
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
  const { code } = await runPackage('vitest', 'vitest', ['run', 'tests/identity/keycloak.test.ts'], {
    show: true,
    environment: { COCKPIT_KEYCLOAK_HOME: path.join(directory, home ?? '') },
  })
  return code
}
