/** Peers that come from other registries are installed once, beside the repository's own dependencies and not among them. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The folder of one release of a peer. */
export const cacheOf = (release: string): string => {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cockpit-bench', release)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Runs a step of an installation; what it says last is the reason why it failed. */
export const install = (command: string, args: string[], env: NodeJS.ProcessEnv = {}): void => {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  } catch (error) {
    const { stderr, message } = error as { stderr?: Buffer; message: string }
    const reason = String(stderr?.length ? stderr : message).trim()
    throw new Error(`${command} ${args.slice(0, 3).join(' ')} failed: ${reason.slice(-300)}`)
  }
}
