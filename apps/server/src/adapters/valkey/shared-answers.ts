import { hkdfSync } from 'node:crypto'
import { createClient, RESP_TYPES } from '@redis/client'
import type { AnswerName, SharedAnswersPort, SharedFigures } from '../../gateway/index.ts'
import { type Log, openBytes, reasonOf, sealBytes } from '../../platform/index.ts'
import { createBreaker } from './breaker.ts'

type Deps = {
  /** `redis://`, `rediss://`, `valkey://` or `valkeys://`. */
  url: string
  /** Of the installation: what is kept can be read with it only. */
  kek: Buffer
  log: Log
  /** Milliseconds of a clock that never goes back. */
  now: () => number
  bounds?: Partial<typeof usualBounds>
}

const usualBounds = {
  /** A call waits no longer than this to hear what others keep. */
  answerTimeoutMs: 15,
  failuresMax: 3,
  restMs: 1_000,
  /** Of answers on their way to be kept; what comes on top is not kept. */
  underWayBytesMax: 32 << 20,
  commandsMax: 10_000,
  forgetTimeoutMs: 10_000,
}

export type SharedAnswers = SharedAnswersPort & {
  /** Connects, and keeps trying; nobody waits for it. */
  start(): void
  stop(): void
  /** Deletes what a rule has kept. Whoever waits hears whether it is gone; what is not goes with its time. */
  forget(of: Pick<AnswerName, 'accountId' | 'ruleId'>): Promise<boolean>
}

/** What another version wrote is not read by one that would understand something else by it. */
const layout = 1

export const createSharedAnswers = ({ url, kek, log, now, bounds: differs }: Deps): SharedAnswers => {
  const bounds = { ...usualBounds, ...differs }
  const breaker = createBreaker({ ...bounds, now })
  const keyOf = createAccountKeys(kek)
  const figures: SharedFigures = { hit: 0, miss: 0, failed: 0, resting: 0, dropped: 0 }
  let underWayBytes = 0

  const client = createClient({
    url: url.replace(/^valkey/, 'redis'),
    RESP: 2,
    // what cannot be asked now is not asked later
    disableOfflineQueue: true,
    commandsQueueMaxLength: bounds.commandsMax,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    // a server that hangs answers no ping, and its connection is given up
    pingInterval: 5_000,
    socket: {
      connectTimeout: 5_000,
      socketTimeout: 15_000,
      reconnectStrategy: (tries) => Math.min(2_000, 50 * 2 ** tries),
    },
  })
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })

  const failed = (error: unknown) => {
    if (breaker.failed()) log.warn(reasonOf(error), 'the shared cache does not answer; calls go on without it')
  }
  const answered = () => {
    if (breaker.answered()) log.info('the shared cache answers again')
  }
  client.on('error', failed)

  const unlinkAll = async (pattern: string): Promise<void> => {
    for await (const places of client.scanIterator({ MATCH: pattern, COUNT: 1_000 }))
      if (places.length > 0) await client.unlink(places)
  }

  return {
    start: () => void client.connect().catch(failed),
    stop() {
      if (client.isOpen) client.destroy()
    },
    async find(name) {
      if (!client.isReady || !breaker.mayAsk()) {
        figures.resting++
        return null
      }
      const place = placeOf(name)
      try {
        const sealed = await within(bounds.answerTimeoutMs, bytes.get(place))
        answered()
        figures[sealed ? 'hit' : 'miss']++
        return sealed ? opened(keyOf(name.accountId), sealed, place) : null
      } catch (error) {
        failed(error)
        figures.failed++
        return null
      }
    },
    keep(name, answer, ttlMs) {
      if (!client.isReady || !breaker.mayAsk() || underWayBytes + answer.length > bounds.underWayBytesMax) {
        figures.dropped++
        return
      }
      const place = placeOf(name)
      const sealed = sealBytes(keyOf(name.accountId), answer, place)
      underWayBytes += sealed.length
      client
        .set(place, sealed, { expiration: { type: 'PX', value: Math.max(1, Math.ceil(ttlMs)) } })
        .then(answered, failed)
        .finally(() => {
          underWayBytes -= sealed.length
        })
    },
    async forget(of) {
      try {
        await within(bounds.forgetTimeoutMs, unlinkAll(`${placeOf({ ...of, key: '' })}*`))
        return true
      } catch (error) {
        log.warn(
          { ...reasonOf(error), ...of },
          'answers of a cleared rule stay in the shared cache until their time is over',
        )
        return false
      }
    },
    figures: () => figures,
  }
}

const placeOf = ({ accountId, ruleId, key }: AnswerName): string =>
  `cockpit:answers:${layout}:${accountId}:${ruleId}:${key}`

/** Null for what was sealed by another installation, or changed by somebody: that is no answer. */
const opened = (key: Buffer, sealed: Buffer, place: string): Buffer | null => {
  try {
    return openBytes(key, sealed, place)
  } catch {
    return null
  }
}

const accountKeysMax = 10_000

/** Each account has a key of its own, so that no mistake with names opens what another one keeps. */
const createAccountKeys = (kek: Buffer) => {
  const known = new Map<string, Buffer>()
  return (accountId: string): Buffer => {
    const found = known.get(accountId)
    if (found) return found
    if (known.size >= accountKeysMax) known.clear()
    const fresh = Buffer.from(hkdfSync('sha256', kek, accountId, 'cockpit shared answers', 32))
    known.set(accountId, fresh)
    return fresh
  }
}

const within = <T>(ms: number, asked: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  return Promise.race([asked, late]).finally(() => clearTimeout(timer))
}
