/**
 * Runs TypeScript files of this repository, one after the other, on a Node that can:
 * `node tools/launch.mjs <file.ts> … [arguments of the last]`. One process does it all, so that a signal to it reaches them.
 * Plain JavaScript that old versions understand, because its work is to say so when they are all there is.
 * A patched system Node of the bundled major is preferred to the bundled one.
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const majorMin = 24
const majorBundled = 26
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const words = process.argv.slice(2)
const firstOther = words.findIndex((word) => !word.endsWith('.ts'))
const files = firstOther < 0 ? words : words.slice(0, firstOther)
const args = words.slice(files.length)

const parts = (version) => version.replace(/^v/, '').split('.').map(Number)
const isNewer = (a, b) => {
  const [x, y] = [parts(a), parts(b)]
  const at = x.findIndex((n, i) => n !== y[i])
  return at >= 0 && x[at] > y[at]
}
const rank = (version) => (parts(version)[0] === majorBundled ? 1 : 0)

const versionOf = (executable) => {
  try {
    return executable === process.execPath
      ? process.version
      : execFileSync(executable, ['-v'], { encoding: 'utf8', timeout: 5_000 }).trim()
  } catch {
    return null
  }
}

const executables = () => {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const folders = [path.join(root, 'node_modules', '.bin'), ...(process.env.PATH ?? '').split(path.delimiter)]
  const found = [
    process.execPath,
    ...folders.map((folder) => path.join(folder, name)).filter((file) => existsSync(file)),
  ]
  return [...new Set(found.map((file) => realpathSync(file)))]
}

const best = executables()
  .map((executable) => ({ executable, version: versionOf(executable) }))
  .filter(({ version }) => version && parts(version)[0] >= majorMin)
  .reduce(
    (a, b) =>
      !a || rank(b.version) > rank(a.version) || (rank(b.version) === rank(a.version) && isNewer(b.version, a.version))
        ? b
        : a,
    null,
  )

if (!best) {
  process.stderr.write(
    `Cockpit needs Node ${majorMin} or newer and this is ${process.version}: run "npm install" without --omit=optional (it brings Node ${majorBundled} along), or install Node ${majorBundled}.\n`,
  )
  process.exit(1)
}

// npm passes a signal on to the shell between itself and this process, which dies of it and tells nobody
if (process.env.npm_lifecycle_event) {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
  }, 500).unref()
}

const isHere = realpathSync(process.execPath) === best.executable
for (const [place, file] of files.entries()) {
  const script = path.resolve(root, file)
  const given = place === files.length - 1 ? args : []
  if (isHere) {
    process.argv = [process.argv[0], script, ...given]
    await import(pathToFileURL(script).href)
  } else process.exitCode = await runElsewhere(script, given)
  if (process.exitCode) break
}

function runElsewhere(script, given) {
  const child = spawn(best.executable, [script, ...given], { stdio: 'inherit' })
  const pass = (signal) => child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass)
  return new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ? 1 : (code ?? 1))))
}
