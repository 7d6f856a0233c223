import cluster from 'node:cluster'
import type { Server } from 'node:http'
import { createServer, type Server as NetServer } from 'node:net'
import { type Config, ConfigError } from './config.ts'

/**
 * Each worker opens the port for itself where the system can do that, and the system spreads the callers. Where it cannot,
 * the first process accepts all of them and hands them over; one that it is handing to a worker as that dies is lost.
 */
const reusePort = cluster.isWorker && process.platform === 'linux'

/** Opens the port. Resolves with the address under which this machine reaches it. */
export const listen = (server: Server | NetServer, { host, port }: Pick<Config, 'host' | 'port'>) =>
  new Promise<string>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new ConfigError(
              `PORT ${port} on ${host} is taken by another program; set PORT to a free one, for example PORT=${port + 1}.`,
            )
          : error,
      ),
    )
    server.listen({ host, port, reusePort }, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address ? address.port : port
      const shown =
        host === '0.0.0.0' || host === '::' || host === '127.0.0.1'
          ? 'localhost'
          : host.includes(':')
            ? `[${host}]`
            : host
      resolve(`http://${shown}:${bound}`)
    })
  })

/** The port that workers may open together, which nobody else has: they themselves would not notice that it is taken. */
export const freePort = async (config: Config): Promise<number> => {
  const server = createServer()
  const url = new URL(await listen(server, config))
  await new Promise((resolve) => server.close(resolve))
  return Number(url.port || 80)
}

export const closed = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
