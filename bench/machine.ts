/** The machine a measurement was made on, and how processes are tied to its cores. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'

export type Machine = {
  cpu: string
  cores: number
  memoryGb: number
  kernel: string
  os: string
  /** Load of the last minute before the run: other work makes wall-clock figures worse, CPU figures hardly. */
  loadBefore: number
  pinned: boolean
}

/** The gateway has a core for itself; load generator and upstream share the other one. */
export const GATEWAY_CORE = 0
export const LOAD_CORE = 1
export const pinned = cpus().length > 1 && works('taskset', ['-c', '1', 'true'])

const ALL_CORES = `0-${cpus().length - 1}`

/** CPU times in /proc are counted in these ticks. */
export const TICKS_PER_SECOND = Number(output('getconf', ['CLK_TCK']) || 100)
export const PAGE_KB = Number(output('getconf', ['PAGESIZE']) || 4_096) / 1_024

export function machine(): Machine {
  const release = readFileSync('/etc/os-release', 'utf8')
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: `Linux ${/^\d+\.\d+/.exec(output('uname', ['-r']))?.[0] ?? ''}`,
    os: /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? 'unknown',
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    pinned,
  }
}

/** Ten thousand streams at once, or as many as the system lets one process have files: a gateway has two sockets for each. */
export const STREAMS_MANY = Math.min(10_000, Math.floor((openFilesMax() - 1_000) / 2))

/** The command that runs `command` on one core; with null on all, also where the one that starts it is pinned. */
export function onCore(core: number | null, command: string[]): [string, ...string[]] {
  const cores = pinned ? ['taskset', '-c', core === null ? ALL_CORES : String(core)] : []
  const [program = '', ...args] = [...cores, ...command]
  return [program, ...args]
}

export function pinThisProcess(core: number | null): void {
  const cores = core === null ? ALL_CORES : String(core)
  if (pinned) execFileSync('taskset', ['-a', '-c', '-p', cores, String(process.pid)], { stdio: 'ignore' })
}

/** Trimmed output of a command; empty when it cannot run. */
export function output(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return ''
  }
}

function openFilesMax(): number {
  const limit = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
  return Number(limit ?? 20_000)
}

function works(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
