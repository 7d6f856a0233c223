import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { makeDirectory } from '../../platform/directory.ts'

/**
 * Each process writes into a directory of its own, named after itself. What a dead process left is taken over by
 * moving its directory into one's own: moving is atomic, so of two that try, one wins.
 */
const Owner = z.object({ pid: z.number().int(), startedAt: z.string() })
const ownerFile = 'owner.json'
const inheritedPrefix = 'from-'
const unclaimedPrefix = '.'

/** The directory appears together with its owner, so that nobody takes it for one of the dead. */
export const claimDirectory = (walDir: string, processId: string): string => {
  const unclaimed = join(walDir, `${unclaimedPrefix}${processId}`)
  const dir = join(walDir, processId)
  makeDirectory(unclaimed)
  const owner = { pid: process.pid, startedAt: startOf(process.pid) ?? '' }
  writeFileSync(join(unclaimed, ownerFile), JSON.stringify(owner), { mode: 0o600 })
  renameSync(unclaimed, dir)
  return dir
}

/** Moves the directories of dead processes here; answers all that wait here to be shipped, also from before. */
export const inherit = (walDir: string, own: string): string[] => {
  for (const name of readdirSync(walDir)) {
    const dir = join(walDir, name)
    if (dir === own || name.startsWith(unclaimedPrefix) || isAlive(dir)) continue
    try {
      adopt(dir, own, name)
    } catch {
      // another process was faster
    }
  }
  return readdirSync(own)
    .filter((name) => name.startsWith(inheritedPrefix))
    .sort()
    .map((name) => join(own, name))
}

/** What the dead one had itself inherited and not yet shipped comes along, one level deep. */
const adopt = (dir: string, own: string, name: string) => {
  const moved = join(own, `${inheritedPrefix}${name}`)
  renameSync(dir, moved)
  for (const inner of readdirSync(moved))
    if (inner.startsWith(inheritedPrefix)) renameSync(join(moved, inner), join(own, inner))
}

/** Of an inherited directory: the process that wrote it. */
export const ownerOf = (dir: string): string => basename(dir).slice(inheritedPrefix.length)

export const forget = (dir: string): void => rmSync(dir, { recursive: true, force: true })

const isAlive = (dir: string): boolean => {
  let owner: z.infer<typeof Owner>
  try {
    owner = Owner.parse(JSON.parse(readFileSync(join(dir, ownerFile), 'utf8')))
  } catch {
    return false
  }
  const startedAt = startOf(owner.pid)
  // a pid comes back, above all in containers; together with its start it does not
  if (startedAt !== null) return startedAt === owner.startedAt
  return process.platform !== 'linux' && owner.pid !== process.pid && signalReaches(owner.pid)
}

/** When a process began, in the kernel's ticks; null where no such process runs or there is no /proc. */
const startOf = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // a process that was killed stays listed until its parent asks for its end, which in some containers is never
    return isGone.has(fields[0] ?? '') ? null : (fields[19] ?? null)
  } catch {
    return null
  }
}

const isGone = new Set(['Z', 'X'])

const signalReaches = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
