/** A real Valkey or Redis for a test, on a free port of this machine, keeping nothing on disk. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@redis/client'

const binary = ['valkey-server', 'redis-server'].find((name) => spawnSync(name, ['--version']).status === 0)
/** Null where there is one. */
export const whyNoValkey = binary ? null : 'there is neither valkey-server nor redis-server; Debian has redis-server'

export type Valkey = Awaited<ReturnType<typeof startValkey>>

export const startValkey = async () => {
  const port = await freePort()
  const password = 'p%40ss'
  const url = `valkey://:${password}@127.0.0.1:${port}`
  let server = await serve(port)
  const client = createClient({ url: url.replace('valkey', 'redis') })
  client.on('error', () => {})
  await client.connect()
  return {
    url,
    /** The names of all it keeps. */
    keys: async () => (await client.keys('*')).sort(),
    value: async (key: string) => (await client.get(key)) ?? '',
    ttl: (key: string) => client.ttl(key),
    rename: (from: string, to: string) => client.rename(from, to),
    set: (key: string, value: string) => client.set(key, value),
    /** It keeps its connections and answers nobody, as a machine that swaps or a network that swallows does. */
    pause: () => server.kill('SIGSTOP'),
    resume: () => server.kill('SIGCONT'),
    async kill() {
      const ended = once(server, 'exit')
      server.kill('SIGKILL')
      await ended
    },
    /** On the same port, empty. */
    async startAgain() {
      server = await serve(port)
    },
    async stop() {
      client.destroy()
      if (server.exitCode !== null || server.signalCode !== null) return
      const ended = once(server, 'exit')
      server.kill('SIGKILL')
      await ended
    },
  }
}

const serve = async (port: number): Promise<ChildProcess> => {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const server = spawn(binary ?? '', [...options, '--requirepass', 'p@ss'], { stdio: 'ignore', cwd: '/tmp' })
  for (let tries = 0; tries < 200; tries++) {
    if (await reaches(port)) return server
    await pause(25)
  }
  server.kill('SIGKILL')
  throw new Error(`${binary} does not listen on port ${port}`)
}

const reaches = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
