import { type AccountSlice, type PlatformSlice, Slice } from '@cockpit/contract/snapshot'
import { sha256Hex } from '../../platform/crypto.ts'
import { type Clock, type Db, eventsChannel, type Log, platformAccount, systemCtx, type Tx } from '../../platform/index.ts'
import type { SliceSources } from './port.ts'
import { snapshotRepository } from './repository.ts'

export type Publishing = {
  /** Compiles and stores the slice of one account (or of the platform); false when nothing in it changed. */
  publish(accountId: string): Promise<boolean>
  /** Publishes what is missing, then everything that changes, until stopped. */
  start(): Promise<void>
  stop(): Promise<void>
}

type Deps = {
  db: Db
  now: Clock
  log: Log
  sources: SliceSources /** Gathers changes for so long before compiling. */
  debounceMs?: number
}

export const createPublishing = ({ db, now, log, sources, debounceMs = 10 }: Deps): Publishing => {
  const waiting = new Set<string>()
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> = Promise.resolve()
  let stopListening: (() => void) | null = null

  const publish = async (accountId: string): Promise<boolean> => {
    const ctx = systemCtx('publishing', accountId)
    // the lock makes a later version hold later content, whichever process compiles
    return db.platform(ctx, async (platformTx) => {
      await platformTx.lock('publish')
      const parts = await db.tenant(ctx, (tx) => partsOf(tx, sources))
      const snapshots = snapshotRepository(platformTx)
      const contentHash = parts ? sha256Hex(JSON.stringify(parts)) : 'removed'
      if ((await snapshots.contentHash(accountId)) === contentHash) return false
      const version = await snapshots.nextVersion()
      const at = now()
      // a slice that would not validate at the gateway must not leave this room
      const body = parts && JSON.stringify(Slice.parse({ ...parts, version, compiledAt: at.getTime() }))
      await snapshots.store({ accountId, version, contentHash, body, at })
      return true
    })
  }

  const publishWaiting = async () => {
    const batch = [...waiting]
    waiting.clear()
    for (const accountId of batch) {
      try {
        await publish(accountId)
      } catch (error) {
        log.error({ err: error, accountId }, 'slice not published; gateways keep the last good one')
      }
    }
  }

  const soon = (accountId: string) => {
    waiting.add(accountId)
    timer ??= setTimeout(() => {
      timer = null
      running = running.then(publishWaiting)
    }, debounceMs)
  }

  const everything = async () => {
    const ctx = systemCtx('publishing')
    const [all, published] = await db.platform(ctx, async (tx) => {
      const snapshots = snapshotRepository(tx)
      return [await snapshots.accountIds(), await snapshots.publishedIds()]
    })
    for (const accountId of new Set([...all, ...published])) soon(accountId)
  }

  return {
    publish,
    async start() {
      stopListening = await db.listen(
        eventsChannel,
        soon,
        () => void everything().catch((error) => log.error({ err: error }, 'cannot republish')),
      )
      const ids = await db.platform(systemCtx('publishing'), (tx) => snapshotRepository(tx).accountIds())
      for (const accountId of new Set([platformAccount, ...ids])) waiting.add(accountId)
      running = running.then(publishWaiting)
      await running
    },
    async stop() {
      stopListening?.()
      if (timer) clearTimeout(timer)
      timer = null
      running = running.then(publishWaiting)
      await running
    },
  }
}

type Parts = Omit<PlatformSlice, 'version' | 'compiledAt'> | Omit<AccountSlice, 'version' | 'compiledAt'>

/** What a slice says, without its version; null for an account that is gone. */
const partsOf = async (tx: Tx, sources: SliceSources): Promise<Parts | null> => {
  const shared = async () => ({ connections: await sources.connections(tx), models: await sources.models(tx) })
  if (tx.ctx.accountId === platformAccount) return { kind: 'platform', ...(await shared()) }
  const account = await sources.account(tx)
  if (!account) return null
  return {
    kind: 'account',
    account,
    ...(await sources.directory(tx)),
    ...(await shared()),
    keys: await sources.keys(tx),
    eligibility: await sources.eligibility(tx),
    selection: await sources.selection(tx),
    budget: await sources.budget(tx),
  }
}
