import pg from 'pg'
import { type Log, reasonOf } from './log.ts'

type Subscriber = { heard: (payload: string) => void; missed: (() => void) | undefined }
const retryDelaysMs = [50, 200, 1000, 5000]

/** One connection of its own that hears notifications. It comes back after a loss, and says that some may be missed. */
export const createListener = ({ connection, log }: { connection: pg.PoolConfig; log: Log }) => {
  const channels = new Map<string, Set<Subscriber>>()
  const closing = new AbortController()
  /** Null until somebody listens, and again while the connection is being restored. */
  let client: Promise<pg.Client> | null = null

  const connect = async (): Promise<pg.Client> => {
    const fresh = new pg.Client({ ...connection, keepAlive: true })
    fresh.on('notification', ({ channel, payload = '' }) => {
      for (const subscriber of channels.get(channel) ?? []) subscriber.heard(payload)
    })
    fresh.on('error', (error) => log.warn(reasonOf(error), 'notification connection lost'))
    await fresh.connect()
    for (const channel of channels.keys()) await fresh.query(`listen ${pg.escapeIdentifier(channel)}`)
    fresh.once('end', () => {
      client = null
      void restore()
    })
    return fresh
  }

  const restore = async () => {
    for (let attempt = 0; !closing.signal.aborted && !client; attempt++) {
      await pause(retryDelaysMs[Math.min(attempt, retryDelaysMs.length - 1)] ?? 0, closing.signal)
      if (closing.signal.aborted) return
      try {
        const fresh = await connect()
        client = Promise.resolve(fresh)
        for (const subscribers of channels.values()) for (const { missed } of subscribers) missed?.()
      } catch (error) {
        log.warn({ ...reasonOf(error), attempt }, 'notification connection not back yet')
      }
    }
  }

  return {
    async listen(channel: string, heard: (payload: string) => void, missed?: () => void): Promise<() => void> {
      const subscriber = { heard, missed }
      const subscribers = channels.get(channel) ?? new Set()
      channels.set(channel, subscribers.add(subscriber))
      client ??= connect()
      try {
        await (await client).query(`listen ${pg.escapeIdentifier(channel)}`)
      } catch (error) {
        subscribers.delete(subscriber)
        client = null
        throw error
      }
      return () => {
        subscribers.delete(subscriber)
      }
    },
    async close() {
      closing.abort()
      await (await client?.catch(() => null))?.end()
    },
  }
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
