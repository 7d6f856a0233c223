/** LiteLLM's proxy with one worker and no database: a master key is checked, a model group is routed, nothing is booked. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Peer } from './peer.ts'
import { cacheOf, install, startConfigured } from './peer-cache.ts'
import { MODELS } from './wire.ts'

const VERSION = '1.108.7'
const KEY = 'sk-bench-master-key-of-one-run-0123456789'
/** Python compiles its packages at the first start. */
const START_MAX_MS = 120_000

export const litellm: Peer = {
  name: 'litellm',
  does: 'One worker without a database: master key, model groups; no virtual keys, no limits, no budgets, no log.',
  streamsMax: 200,
  version: () => VERSION,
  async start(upstreamPort) {
    const folder = cacheOf(`litellm-${VERSION}`)
    const program = join(folder, 'bin/litellm')
    if (!existsSync(program)) {
      install('python3', ['-m', 'venv', folder])
      install(join(folder, 'bin/pip'), ['install', '--quiet', `litellm[proxy]==${VERSION}`])
    }
    const { port, pid, stop } = await startConfigured({
      config: configOf(upstreamPort),
      command(folder, port) {
        const config = join(folder, 'config.json')
        return [program, '--config', config, '--host', '127.0.0.1', '--port', String(port), '--num_workers', '1']
      },
      env: { LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR', LITELLM_MODE: 'PRODUCTION' },
      startMaxMs: START_MAX_MS,
    })
    const target = { port, path: '/v1/chat/completions', headers: { authorization: `Bearer ${KEY}` } }
    return { plain: target, stream: target, pid, stop }
  },
}

const configOf = (upstreamPort: number) => ({
  model_list: Object.values(MODELS).map((name) => ({
    model_name: name,
    litellm_params: {
      model: `openai/${name}`,
      api_base: `http://127.0.0.1:${upstreamPort}/v1`,
      api_key: 'sk-bench',
    },
  })),
  litellm_settings: { num_retries: 0, telemetry: false, set_verbose: false },
  general_settings: { master_key: KEY },
})
