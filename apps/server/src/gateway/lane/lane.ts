import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { LaneConnection } from './connection.ts'
import type { CallRequest, CallResponse } from './exchange.ts'

type Deps = {
  /** Whether calls to this address are served in the lane now. */
  takes: (url: string) => boolean
  handle: (request: CallRequest, response: CallResponse) => void
  now: () => number
  /** How long a new connection may stay silent, and one that has been used. */
  firstMs?: number
  keepMs?: number
}

const tickMs = 1_000

export const createLane = ({ takes, handle, now, firstMs = 20_000, keepMs = 75_000 }: Deps) => {
  const connections = new Map<LaneConnection, (socket: Socket, bytes: Buffer) => void>()
  const bounds = { firstMs, keepMs }
  let timer: NodeJS.Timeout | null = null
  let closed = false
  let date = ''
  let dated = 0

  const owner = {
    takes,
    handle,
    leave(connection: LaneConnection, socket: Socket, bytes: Buffer) {
      const serve = connections.get(connection)
      connections.delete(connection)
      serve?.(socket, bytes)
    },
    onClosed: (connection: LaneConnection) => void connections.delete(connection),
    date() {
      const second = Math.floor(now() / 1000)
      if (second !== dated) {
        dated = second
        date = `date: ${new Date(second * 1000).toUTCString()}\r\n`
      }
      return date
    },
  }

  const tick = () => {
    const at = performance.now()
    for (const connection of connections.keys()) if (connection.idleUntil <= at) connection.destroy()
    if (connections.size > 0 || !timer) return
    clearInterval(timer)
    timer = null
  }

  return {
    /**
     * Meets the connections of a server first. It gets each as soon as there is more on it than plain calls, and `hears`
     * what came then.
     */
    standBefore(server: Server, hears: (socket: Socket, bytes: Buffer) => void = () => {}): void {
      const others = server.listeners('connection')
      const serve = (socket: Socket, bytes?: Buffer) => {
        if (bytes) hears(socket, bytes)
        for (const other of others) other.call(server, socket)
      }
      server.removeAllListeners('connection')
      server.on('connection', (socket: Socket) => {
        if (closed) return serve(socket)
        connections.set(new LaneConnection(socket, owner, bounds), serve)
        timer ??= setInterval(tick, tickMs).unref()
      })
    },
    /** Ends all connections, and with them the calls on them; later ones are the server's alone. */
    close(): void {
      closed = true
      if (timer) clearInterval(timer)
      timer = null
      for (const connection of connections.keys()) connection.destroy()
    },
  }
}
export type Lane = ReturnType<typeof createLane>
