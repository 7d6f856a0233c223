import type { LookupFunction } from 'node:net'
import type { Dispatcher } from 'undici'
import { WireConnection } from './connection.ts'
import { WireError } from './head.ts'
import { headOf, WireRequest } from './request.ts'

type Options = { connections: number; connectMs: number; keepAliveMs: number; lookup?: LookupFunction | undefined }

export type WirePool = Pick<Dispatcher, 'dispatch'> & { destroy(): Promise<void> }

const tickMs = 50
/** A server closes an idle connection at its own time; ours must be earlier or a request meets a closed door. */
const keepAliveMarginMs = 1_000

/** Keeps connections to one origin, hands each request to the one used last, and watches their time. */
export const createWirePool = (origin: string, options: Options): WirePool => {
  const url = new URL(origin)
  const target = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 80),
    connectMs: options.connectMs,
    lookup: options.lookup,
  }
  const all = new Set<WireConnection>()
  const idle: WireConnection[] = []
  let timer: NodeJS.Timeout | null = null

  const tick = () => {
    const now = performance.now()
    for (const connection of all) {
      if (connection.deadlineAt <= now) connection.timeOut()
      else if (connection.idleUntil <= now) {
        forget(connection)
        connection.destroy()
      }
    }
    if (all.size > 0 || !timer) return
    clearInterval(timer)
    timer = null
  }

  const forget = (connection: WireConnection) => {
    const at = idle.indexOf(connection)
    if (at >= 0) idle.splice(at, 1)
  }

  const owner = {
    onFree(connection: WireConnection) {
      const told = connection.keepAliveMs
      const keepMs = told === null ? options.keepAliveMs : Math.min(options.keepAliveMs, told - keepAliveMarginMs)
      if (keepMs <= 0) return connection.destroy()
      connection.idleUntil = performance.now() + keepMs
      idle.push(connection)
    },
    onClosed(connection: WireConnection) {
      all.delete(connection)
      forget(connection)
    },
    onStale: (request: WireRequest) => open(request),
  }

  const open = (request: WireRequest) => {
    if (all.size >= options.connections) {
      const full = new WireError('ECONNLIMIT', 'All connections to the provider are in use.')
      request.handler.onResponseError?.(request, full)
      return
    }
    const connection = new WireConnection(target, owner)
    all.add(connection)
    timer ??= setInterval(tick, tickMs).unref()
    connection.send(request)
  }

  return {
    dispatch({ path, method, headers, body, headersTimeout, bodyTimeout }, handler) {
      const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
      const request = new WireRequest({
        head: headOf(method, path, url.host, Array.isArray(headers) ? headers : [], bytes.length),
        body: bytes,
        handler,
        firstByteMs: headersTimeout ?? Number.POSITIVE_INFINITY,
        idleMs: bodyTimeout ?? Number.POSITIVE_INFINITY,
      })
      const connection = idle.pop()
      if (connection) connection.send(request)
      else open(request)
      return true
    },
    async destroy() {
      if (timer) clearInterval(timer)
      for (const connection of all) connection.destroy()
    },
  }
}
