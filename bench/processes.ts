/** Child processes, and what their whole tree costs: CPU time and memory from /proc. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onCore, PAGE_KB, TICKS_PER_SECOND } from './machine.ts'

export type Child = {
  pid: number
  /** The last of what it wrote, for the reason of a failure. */
  log(): string
  exited: Promise<void>
  stop(): Promise<void>
}

/** CPU microseconds and KB of memory of a process tree, what processes share counted once; `by` splits them by program. */
export type Cost = { cpuUs: number; memoryKb: number; by: Record<string, { cpuUs: number; memoryKb: number }> }

const STOP_MAX_MS = 15_000

export function start(core: number | null, command: string[], env: NodeJS.ProcessEnv = {}): Child {
  const [program, ...args] = onCore(core, command)
  const child: ChildProcess = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  const keep = (text: Buffer) => {
    log = (log + text).slice(-6_000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  child.on('error', (error) => keep(Buffer.from(error.message)))
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    pid: child.pid ?? 0,
    log: () => log.trim(),
    exited,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS)
      await exited
      clearTimeout(timer)
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Waits until the port accepts connections; fails with what the process wrote when it dies or takes too long. */
export async function listening(port: number, child: Child, maxMs = 20_000): Promise<void> {
  const until = Date.now() + maxMs
  let dead = false
  child.exited.then(() => {
    dead = true
  })
  while (!(await accepts(port))) {
    if (dead || Date.now() > until) throw new Error(`it did not start: ${child.log() || 'no output'}`)
    await sleep(50)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket
      .once('connect', () => resolve(true))
      .once('error', () => resolve(false))
      .once('close', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

export function costOf(root: number): Cost {
  const cost: Cost = { cpuUs: 0, memoryKb: 0, by: {} }
  for (const { pid, ticks, pages } of tree(root)) {
    const cpuUs = (ticks * 1e6) / TICKS_PER_SECOND
    const memoryKb = shareOf(pid) ?? pages * PAGE_KB
    cost.by[programOf(pid)] ??= { cpuUs: 0, memoryKb: 0 }
    const part = cost.by[programOf(pid)]
    if (part) {
      part.cpuUs += cpuUs
      part.memoryKb += memoryKb
    }
    cost.cpuUs += cpuUs
    cost.memoryKb += memoryKb
  }
  return cost
}

/** The proportional set size: each shared page counts once, divided among the processes that have it. */
function shareOf(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? Number.NaN) || null
  } catch {
    return null
  }
}

/** Waits until the tree does nothing, so that work put off until after the answers is counted too. */
export async function quiet(root: number, maxMs = 20_000): Promise<void> {
  const until = Date.now() + maxMs
  let before = costOf(root).cpuUs
  let calm = 0
  while (calm < 2 && Date.now() < until) {
    await sleep(100)
    const now = costOf(root).cpuUs
    // one tick in a tenth of a second is what an idle runtime may use
    calm = now - before <= 1e6 / TICKS_PER_SECOND ? calm + 1 : 0
    before = now
  }
}

type Stat = { pid: number; parent: number; ticks: number; pages: number }

function tree(root: number): Stat[] {
  const children = new Map<number, Stat[]>()
  let first: Stat | undefined
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : null
    if (!stat) continue
    if (stat.pid === root) first = stat
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), stat])
  }
  const found = first ? [first] : []
  for (const member of found) found.push(...(children.get(member.pid) ?? []))
  return found
}

function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // the name stands in brackets and may itself hold spaces and brackets
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const at = (field: number) => fields[field] ?? 0
    // own time and that of children which have ended: utime, stime, cutime, cstime
    return { pid, parent: at(1), ticks: at(11) + at(12) + at(13) + at(14), pages: at(21) }
  } catch {
    return null
  }
}

function programOf(pid: number): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`)).replace(' (deleted)', '')
  } catch {
    return 'other'
  }
}
