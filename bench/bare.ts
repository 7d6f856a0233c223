/** The bare proxy of `bare-server.ts`: the floor of the language, as nginx is the floor of the machine. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Peer } from './peer.ts'
import { freePort, listening, start } from './processes.ts'

const { version } = createRequire(import.meta.url)('undici/package.json') as { version: string }

export const bare: Peer = {
  name: 'bare',
  does: 'node:http in front, a pool of undici behind, bytes passed on; no key check, no limits, no log.',
  version: () => `undici ${version}`,
  async start(upstreamPort) {
    const port = await freePort()
    const file = join(import.meta.dirname, 'bare-server.ts')
    const child = start(0, [process.execPath, file, `--port=${port}`, `--upstream=${upstreamPort}`], {
      NODE_ENV: 'production',
    })
    await listening(port, child)
    const target = { port, path: '/v1/chat/completions', headers: {} }
    return { plain: target, stream: target, pid: child.pid, stop: child.stop }
  },
}
