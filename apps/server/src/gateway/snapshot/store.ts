import { setTimeout as pause } from 'node:timers/promises'
import { Slice } from '@cockpit/contract/snapshot'
import { emptyWorld, type World, withoutAccount, withSlice } from '@cockpit/policy'
import type { Log } from '../../platform/index.ts'
import type { SnapshotPort, StoredSlice } from '../ports.ts'
import { createSnapshotFile, type KeptSlice } from './disk.ts'

const writeDelayMs = 500
const sourceWaitMs = 3_000

export type SnapshotStore = {
  current(): World
  /** False until the platform's slice is there: without it nothing can be decided. */
  ready(): boolean
  start(): Promise<void>
  stop(): Promise<void>
}

type Deps = {
  source: SnapshotPort
  dataDir: string
  log: Log
  pollEveryMs: number
  /** Hears of every account whose slice is another now, or gone. */
  onSwap?: (accountId: string) => void
}

/** Follows the published slices. A slice that does not validate is refused and the last good one stays. */
export const createSnapshotStore = ({ source, dataDir, log, pollEveryMs, onSwap = () => {} }: Deps): SnapshotStore => {
  const file = createSnapshotFile(dataDir)
  const kept = new Map<string, KeptSlice>()
  let world = emptyWorld()
  let version = 0
  let stopListening: (() => void) | null = null
  let poll: NodeJS.Timeout | null = null
  let pulling: Promise<void> | null = null
  let pullAgain = false
  let write: NodeJS.Timeout | null = null
  let writing: Promise<void> = Promise.resolve()
  let sourceFailed = false
  let synced = false
  let stopped = false

  const take = ({ version: of, accountId, body }: StoredSlice): boolean => {
    const known = kept.get(accountId)
    if (known && known.version >= of) return false
    if (body === null) {
      world = withoutAccount(world, accountId)
      onSwap(accountId)
      return kept.delete(accountId)
    }
    try {
      const slice = Slice.parse(JSON.parse(body))
      if (slice.kind === 'account' && slice.account.id !== accountId) throw new Error(`it names ${slice.account.id}`)
      world = withSlice(world, slice)
      kept.set(accountId, { version: of, accountId, body })
      onSwap(accountId)
      return true
    } catch (error) {
      log.error({ err: error, accountId, version: of }, 'slice refused; the last good one stays in force')
      return false
    }
  }

  const persist = () => {
    writing = writing
      .then(() => file.write([...kept.values()]))
      .catch((error) => log.error({ err: error }, 'snapshot not written to disk'))
  }

  const persistSoon = () => {
    write ??= setTimeout(() => {
      write = null
      persist()
    }, writeDelayMs)
  }

  const pullOnce = async () => {
    const rows = await source.since(version)
    let changed = synced ? false : forgetUnknown(rows)
    synced = true
    for (const row of rows) {
      changed = take(row) || changed
      if (row.version > version) version = row.version
    }
    if (changed) persistSoon()
  }

  /** The first answer of the source is complete: an account that stood only on disk is gone. */
  const forgetUnknown = (rows: readonly StoredSlice[]): boolean => {
    const published = new Set(rows.map((row) => row.accountId))
    const gone = [...kept.keys()].filter((accountId) => !published.has(accountId))
    for (const accountId of gone) {
      world = withoutAccount(world, accountId)
      kept.delete(accountId)
      onSwap(accountId)
    }
    return gone.length > 0
  }

  const pull = (): Promise<void> => {
    // a change that arrives while rows are being read may not be among them
    pullAgain = true
    pulling ??= (async () => {
      while (pullAgain) {
        pullAgain = false
        await pullOnce()
      }
    })().finally(() => {
      pulling = null
    })
    return pulling
  }

  const pullQuietly = () =>
    pull().then(
      () => {
        sourceFailed = false
      },
      (error) => {
        if (!sourceFailed) log.warn({ err: error }, 'snapshot source does not answer; the last good snapshot serves')
        sourceFailed = true
      },
    )

  let asksToListen: Promise<void> | null = null
  /** Again with every poll that reaches the source, until it works. */
  const listen = (): Promise<void> => {
    if (stopListening || sourceFailed || stopped) return Promise.resolve()
    asksToListen ??= source
      .onChange(pullQuietly)
      .then(
        (stop) => {
          stopListening = stop
          if (stopped) stop()
        },
        (error: unknown) => log.warn({ err: error }, 'no notifications of changes; polling only'),
      )
      .finally(() => {
        asksToListen = null
      })
    return asksToListen
  }

  return {
    current: () => world,
    ready: () => world.platform.version > 0,
    async start() {
      // version 0: a restored database counts anew, and whatever the source says must win over the disk
      for (const slice of await file.read().catch((error) => refuseFile(log, error))) take({ ...slice, version: 0 })
      // with one to decide with, nobody waits for a source that does not answer
      const patience = kept.size > 0 ? pause(sourceWaitMs, undefined, { ref: false }) : null
      await Promise.race([pullQuietly().then(listen), ...(patience ? [patience] : [])])
      poll = setInterval(() => void pullQuietly().then(listen), pollEveryMs)
      poll.unref()
    },
    async stop() {
      stopped = true
      if (poll) clearInterval(poll)
      stopListening?.()
      if (write) {
        clearTimeout(write)
        write = null
        persist()
      }
      await writing
    },
  }
}

const refuseFile = (log: Log, error: unknown): KeptSlice[] => {
  log.error({ err: error }, 'snapshot on disk is not readable; waiting for the published one')
  return []
}
