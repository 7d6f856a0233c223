/** What the wizard and the page of a key give to copy, run as it stands there. */
import { execFile, spawnSync } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { snippetsOf } from '../../apps/console/src/features/keys/snippets.ts'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage, type Tenant } from './stage.ts'

const run = promisify(execFile)
const root = path.resolve(import.meta.dirname, '../..')
const hasPythonSdk = spawnSync('python3', ['-c', 'import openai']).status === 0

let stage: Stage
let tenant: Tenant
beforeAll(async () => {
  stage = await startStage()
  tenant = await stage.tenant([
    { kind: 'openai-compatible', upstream: await stage.provider(answer('Hello from the provider.')) },
  ])
})
afterAll(() => stage?.stop())

const runs: Record<string, (code: string) => Promise<{ stdout: string }>> = {
  curl: (code) => run('bash', ['-c', code], { cwd: root }),
  // from the root of the repository, where both packages are installed
  'openai-node': (code) => run(process.execPath, ['--input-type=module', '-e', code], { cwd: root }),
  'anthropic-node': (code) => run(process.execPath, ['--input-type=module', '-e', code], { cwd: root }),
  'openai-python': (code) => run('python3', ['-c', code], { cwd: root }),
}

test.each(Object.keys(runs))('%s gets an answer as it is copied', async (id) => {
  if (id === 'openai-python' && !hasPythonSdk) return
  const target = { origin: tenant.url, secret: tenant.key.secret, model: tenant.model.name }
  const code = snippetsOf(target).find((snippet) => snippet.id === id)?.code ?? ''
  const { stdout } = (await runs[id]?.(code)) ?? { stdout: '' }
  expect(stdout).toContain('Hello from the provider.')
})
