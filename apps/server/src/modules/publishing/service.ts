import { type AccountSlice, type PlatformSlice, Slice } from '@cockpit/contract/snapshot'
import {
  type Clock,
  type Db,
  eventsChannel,
  type Log,
  platformAccount,
  sha256Hex,
  systemCtx,
  type Tx,
} from '../../platform/index.ts'
import type { SliceSources } from './port.ts'
import { snapshotRepository } from './repository.ts'

export type Publishing = {
  /** Compiles and stores the slice of one account (or of the platform); false when nothing in it changed. */
  publish(accountId: string): Promise<boolean>
  /** Publishes what is missing, then everything that changes, until stopped. */
  start(): Promise<void>
  stop(): Promise<void>
}

type Deps = { db: Db; now: Clock; log: Log; sources: SliceSources; debounceMs?: number; retryMs?: number }

/** `debounceMs` gathers changes that come together; what could not be published is tried again after `retryMs`. */
export const createPublishing = ({ db, now, log, sources, debounceMs = 10, retryMs = 1_000 }: Deps): Publishing => {
  const waiting = new Set<string>()
  const platformWork = <T>(work: (tx: Tx) => Promise<T>) => db.platform(systemCtx('publishing'), work)
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> = Promise.resolve()
  let stopListening: (() => void) | null = null

  const publish = (accountId: string): Promise<boolean> =>
    platformWork(async (tx) => {
      // one at a time in the whole installation: a gateway that has seen a version has seen all before it
      await tx.lock('publish')
      const parts = await db.tenant(systemCtx('publishing', accountId), (tenantTx) => partsOf(tenantTx, sources))
      const snapshots = snapshotRepository(tx)
      const contentHash = parts ? sha256Hex(JSON.stringify(parts)) : 'removed'
      if ((await snapshots.contentHash(accountId)) === contentHash) return false
      const version = await snapshots.nextVersion()
      const at = now()
      // a slice that would not validate at the gateway must not leave this room
      const body = parts && JSON.stringify(Slice.parse({ ...parts, version, compiledAt: at.getTime() }))
      await snapshots.store({ accountId, version, contentHash, body, at })
      return true
    })

  const publishWaiting = async () => {
    const batch = [...waiting]
    waiting.clear()
    // the deletion of an account is an event of the platform
    const gone = batch.includes(platformAccount)
      ? await attempt(platformAccount, () => platformWork((tx) => snapshotRepository(tx).orphans()))
      : []
    for (const accountId of new Set([...batch, ...(gone ?? [])])) await attempt(accountId, () => publish(accountId))
  }

  const attempt = async <T>(accountId: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work()
    } catch (error) {
      log.error({ err: error, accountId }, 'slice not published; gateways keep the last good one until it is')
      setTimeout(() => stopListening && soon(accountId), retryMs).unref()
      return null
    }
  }

  const soon = (accountId: string) => {
    waiting.add(accountId)
    timer ??= setTimeout(() => void flush(), debounceMs)
  }

  const flush = () => {
    if (timer) clearTimeout(timer)
    timer = null
    running = running.then(publishWaiting)
    return running
  }

  const everything = async () => {
    for (const accountId of await platformWork((tx) => snapshotRepository(tx).accountIds())) waiting.add(accountId)
    await flush()
  }

  return {
    publish,
    async start() {
      const missed = () => void everything().catch((error: unknown) => log.error({ err: error }, 'cannot republish'))
      stopListening = await db.listen(eventsChannel, soon, missed)
      await everything()
    },
    async stop() {
      stopListening?.()
      stopListening = null
      await flush()
    },
  }
}

type Parts = Omit<PlatformSlice, 'version' | 'compiledAt'> | Omit<AccountSlice, 'version' | 'compiledAt'>

/** What a slice says, without its version; null for an account that is gone. */
const partsOf = async (tx: Tx, sources: SliceSources): Promise<Parts | null> => {
  const shared = async () => ({
    connections: await sources.connections(tx),
    models: await sources.models(tx),
    limits: await sources.limits(tx),
  })
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
    guardrails: await sources.guardrails(tx),
    guardrailServices: await sources.guardrailServices(tx),
    ssoRequired: await sources.ssoRequired(tx),
    maskContent: await sources.maskContent(tx),
    mcpServers: await sources.mcpServers(tx),
    networks: await sources.networks(tx),
    cache: await sources.cache(tx),
    stored: await sources.stored(tx),
  }
}
