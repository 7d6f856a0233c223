import type { Server } from 'node:http'
import { type Config, ConfigError } from './config.ts'

/** Opens the port. Resolves with the address under which this machine reaches it. */
export const listen = (server: Server, { host, port }: Config) =>
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
    server.listen({ host, port }, () => {
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

export const closed = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
