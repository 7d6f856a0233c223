/** The real program in a process of its own, for what only a whole process can show: its death and its end. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { masterKey, type Reachable, reach } from '../support/cockpit.ts'

const root = path.resolve(import.meta.dirname, '../..')
const startMaxMs = 40_000

export type Program = Reachable & {
  pid: number
  /** Processes that serve for it. */
  workers(): number[]
  /** As a power cut would: `kill -9`. */
  kill(): Promise<void>
  /** Asks it to end, as a terminal or a supervisor does: with all its processes. Answers its exit code. */
  terminate(signal?: 'SIGTERM' | 'SIGINT'): Promise<number | null>
}

export const startProgram = async (
  dataDir: string,
  environment: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<Program> => {
  const child = spawn(node(), ['apps/server/src/main.ts', ...args], {
    cwd: root,
    env: {
      ...{ PATH: process.env.PATH, PORT: '0', COCKPIT_DATA_DIR: dataDir, COCKPIT_MASTER_KEY: masterKey },
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const ended = once(child, 'exit')
  let said = ''
  child.stderr.on('data', (text) => {
    said = (said + text).slice(-4_000)
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), startMaxMs)
  const url = await new Promise<string | null>((resolve) => {
    createInterface(child.stdout)
      .on('line', (line) => {
        said = `${said}${line}\n`.slice(-4_000)
        const found = /^Cockpit runs at (\S+)/.exec(line)?.[1]
        if (found) resolve(found)
      })
      .once('close', () => resolve(null))
  })
  clearTimeout(timer)
  if (url === null) throw new Error(`Cockpit did not start: ${said}`)
  return {
    ...reach(url),
    pid: child.pid ?? 0,
    workers: () => childrenOf(child.pid ?? 0).filter((pid) => commandOf(pid).includes('main.ts')),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async terminate(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), signal)
      const [code] = await ended
      return code
    },
  }
}

/** A Node that runs TypeScript: this one, or the one the repository brings along when a test runner uses an old one. */
const node = () => {
  const bundled = path.join(root, 'node_modules/.bin/node')
  return Number.parseInt(process.versions.node, 10) < 24 && existsSync(bundled) ? bundled : process.execPath
}

const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
