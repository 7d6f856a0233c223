/** The line to a database, which a test may cut as a network or a reboot would. */
import { connect, createServer, type Socket } from 'node:net'
import path from 'node:path'
import type { TestDatabase } from '../../apps/server/src/platform/testing.ts'

export type DatabaseLine = {
  /** For DATABASE_URL. */
  url: string
  /** Nobody is there any more: what is open ends, what comes is refused. */
  cut(): Promise<void>
  mend(): Promise<void>
  close(): Promise<void>
}

export const startDatabaseLine = async ({ connection }: TestDatabase): Promise<DatabaseLine> => {
  const open = new Set<Socket>()
  const target = path.join(String(connection.host), `.s.PGSQL.${connection.port ?? 5432}`)
  const server = createServer((near) => {
    const far = connect(target)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.on('error', () => {})
      one.once('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of open) socket.destroy()
    })
  const port = await listen(0)
  return {
    url: `postgres://${connection.user}@127.0.0.1:${port}/${connection.database}`,
    cut,
    mend: async () => void (await listen(port)),
    close: () => (server.listening ? cut() : Promise.resolve()),
  }
}
