/** Portkey's open gateway with nothing switched on: no keys, no limits, no budgets, no log. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Peer } from './peer.ts'
import { install } from './peer-cache.ts'
import { freePort, listening, start } from './processes.ts'

// a folder of its own with its own lockfile: the product does not depend on what it is compared with
const folder = join(import.meta.dirname, 'peers')
const gateway = join(folder, 'node_modules/@portkey-ai/gateway')

export const portkey: Peer = {
  name: 'portkey',
  does: 'Plain proxying by provider headers; no key check, no limits, no budgets, no log.',
  version: () => `${versionOf('@portkey-ai/gateway')} (@hono/node-server ${versionOf('@hono/node-server')})`,
  async start(upstreamPort) {
    if (!existsSync(gateway)) install('npm', ['ci', '--prefix', folder])
    const port = await freePort()
    const child = start(0, [process.execPath, join(gateway, 'build/start-server.js'), `--port=${port}`, '--headless'], {
      NODE_ENV: 'production',
    })
    await listening(port, child)
    const headers = {
      authorization: 'Bearer sk-bench',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
    }
    const target = { port, path: '/v1/chat/completions', headers }
    return { plain: target, stream: target, pid: child.pid, stop: child.stop }
  },
}

function versionOf(name: string): string {
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}
