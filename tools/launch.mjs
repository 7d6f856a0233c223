/**
 * Runs a TypeScript file of this repository on a Node that can: `node tools/launch.mjs <file.ts> [arguments]`.
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
const [file, ...args] = process.argv.slice(2)

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

const script = path.resolve(root, file)
if (realpathSync(process.execPath) === best.executable) {
  process.argv = [process.argv[0], script, ...args]
  await import(pathToFileURL(script).href)
} else {
  const child = spawn(best.executable, [script, ...args], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
}
