/** Bifrost's open gateway with what it does by itself: one provider with one key, no virtual keys, no log. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Peer } from './peer.ts'
import { cacheOf, install, startConfigured } from './peer-cache.ts'

const VERSION = '1.3.0'

export const bifrost: Peer = {
  name: 'bifrost',
  does: 'One provider with one key; no virtual keys, no limits, no budgets, no log.',
  version: () => VERSION,
  async start(upstreamPort) {
    const folder = cacheOf(`bifrost-${VERSION}`)
    const program = join(folder, 'bifrost-http')
    if (!existsSync(program))
      install('go', ['install', `github.com/maximhq/bifrost/transports/bifrost-http@v${VERSION}`], { GOBIN: folder })
    const { port, pid, stop } = await startConfigured({
      config: configOf(upstreamPort),
      command: (folder, port) => [program, '-app-dir', folder, '-host', '127.0.0.1', '-port', String(port)],
    })
    const target = { port, path: '/openai/v1/chat/completions', headers: {} }
    return { plain: target, stream: target, pid, stop }
  },
}

const configOf = (upstreamPort: number) => ({
  client: { drop_excess_requests: false, enable_logging: false },
  providers: {
    openai: {
      keys: [{ value: 'sk-bench', models: [], weight: 1 }],
      network_config: { base_url: `http://127.0.0.1:${upstreamPort}` },
      concurrency_and_buffer_size: { concurrency: 256, buffer_size: 1_024 },
    },
  },
})
