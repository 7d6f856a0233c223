/** A real inference engine for tests: llama.cpp on a tiny generated model, served as OpenAI would, in its own process. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const here = import.meta.dirname
const START_MAX_MS = 30_000

export type Inference = {
  /** Without `/v1`. */
  url: string
  model: string
  stop(): Promise<void>
}

/** Why no engine can run here, in one sentence; null when one can. */
export function inferenceMissing(): string | null {
  if (existsSync(join(here, 'node_modules/node-llama-cpp/package.json'))) return null
  return 'llama.cpp is not installed; `npm ci --prefix tests/inference` installs it (Linux x64)'
}

export async function startInference(): Promise<Inference> {
  const missing = inferenceMissing()
  if (missing) throw new Error(missing)
  const modelPath = join(tmpdir(), 'cockpit-inference', 'tiny.gguf')
  const child = spawn(node(), [join(here, 'server.ts'), modelPath], { stdio: ['pipe', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (text) => {
    errors = (errors + text).slice(-4_000)
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MAX_MS)
  const first = await new Promise<string | null>((resolve) => {
    createInterface(child.stdout)
      .once('line', resolve)
      .once('close', () => resolve(null))
  })
  clearTimeout(timer)
  if (first === null) throw new Error(`the inference engine did not start: ${errors}`)
  const { url, model } = JSON.parse(first) as { url: string; model: string }
  return {
    url,
    model,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** A Node that runs TypeScript: this one, or the one the repository brings along when a test runner uses an old one. */
function node(): string {
  const bundled = join(here, '../../node_modules/.bin/node')
  return Number.parseInt(process.versions.node, 10) < 26 && existsSync(bundled) ? bundled : process.execPath
}
