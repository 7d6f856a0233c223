/** Builds the console when its build is missing or older than its sources; says so in one line. Quick when fresh. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')
const consoleDir = path.join(root, 'apps/console')
const hashFile = path.join(consoleDir, 'dist/.hash')
const sources = [
  'apps/console/src',
  'apps/console/public',
  'apps/console/index.html',
  'apps/console/vite.config.ts',
  'packages/ui/src',
  'packages/client/src',
  'packages/contract/src',
  'packages/policy/src',
  'package-lock.json',
]

const startedMs = performance.now()
const wanted = hashOf(sources)
if (wanted === builtHash()) {
  console.log(`Console is up to date (checked in ${elapsed()}).`)
} else {
  build()
  writeFileSync(hashFile, wanted)
  console.log(`Console built in ${elapsed()}.`)
}

function build(): void {
  const vite = path.join(root, 'node_modules/vite/bin/vite.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: consoleDir,
    encoding: 'utf8',
  })
  if (status === 0) return
  console.error(`The console could not be built:\n${stdout}${stderr}`)
  process.exit(1)
}

/** One digest of the names and contents of all sources, in a fixed order; tests are not part of the build. */
function hashOf(places: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of places.flatMap(filesOf).sort()) {
    hash.update(`${file}\0`)
    hash.update(readFileSync(path.join(root, file)))
  }
  return hash.digest('hex')
}

function filesOf(place: string): string[] {
  if (path.extname(place)) return [place]
  return readdirSync(path.join(root, place), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
}

function builtHash(): string | null {
  try {
    return readFileSync(hashFile, 'utf8')
  } catch {
    return null
  }
}

function elapsed(): string {
  return `${Math.round(performance.now() - startedMs)} ms`
}
