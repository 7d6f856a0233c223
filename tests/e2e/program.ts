/** Cockpit as a person starts it: the program itself, with an empty data folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')
const startTimeoutMs = 60_000
const stopTimeoutMs = 15_000

export type Program = {
  url: string
  /** The address with the one-time code that the first start prints. */
  setupUrl: string
  /** Where it keeps its database. */
  dataDir: string
  stop(): Promise<void>
}

export const startProgram = async (environment: Record<string, string> = {}): Promise<Program> => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'cockpit-journey-'))
  const child = spawn(process.execPath, ['tools/launch.mjs', 'apps/server/src/main.ts'], {
    cwd: root,
    env: { ...process.env, PORT: '0', COCKPIT_DATA_DIR: dataDir, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = async () => {
    await end(child)
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    const setupUrl = await printed(child, /Set it up: (\S+)/)
    return { url: new URL(setupUrl).origin, setupUrl, dataDir, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Waits for a line of the program and returns its captured part. */
const printed = (child: ChildProcess, line: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ''
    const fail = (why: string) => reject(new Error(`${why}; it printed:\n${text}`))
    const timer = setTimeout(() => fail('The program did not start in time'), startTimeoutMs)
    const read = (chunk: Buffer) => {
      text += chunk.toString('utf8')
      const found = line.exec(text)?.[1]
      if (!found) return
      clearTimeout(timer)
      resolve(found)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => {
      clearTimeout(timer)
      fail(`The program ended with ${code}`)
    })
  })

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await ended
  clearTimeout(timer)
}
