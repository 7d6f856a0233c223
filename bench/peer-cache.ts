/** Peers that come from other registries are installed once, beside the repository's own dependencies and not among them. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, listening, start } from './processes.ts'

/** The folder of one release of a peer. */
export const cacheOf = (release: string): string => {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cockpit-bench', release)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Starts a peer on a port of its own with its settings in a folder of one run; JSON is YAML. */
export const startConfigured = async (settings: {
  config: object
  command(folder: string, port: number): string[]
  env?: NodeJS.ProcessEnv
  startMaxMs?: number
}): Promise<{ port: number; pid: number; stop(): Promise<void> }> => {
  const folder = mkdtempSync(join(tmpdir(), 'cockpit-bench-'))
  writeFileSync(join(folder, 'config.json'), JSON.stringify(settings.config))
  const port = await freePort()
  const child = start(0, settings.command(folder, port), settings.env)
  const stop = async () => {
    await child.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await listening(port, child, settings.startMaxMs)
  } catch (error) {
    await stop()
    throw error
  }
  return { port, pid: child.pid, stop }
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
