import { createHash } from 'node:crypto'
import type { AuditCheckpoint } from '@cockpit/contract/audit'
import { checkpointText, genesisHash } from '@cockpit/contract/audit-chain'
import { createVerifier, type KnownPlace } from '@cockpit/contract/audit-verifier'
import { type Clock, type Db, type Log, systemCtx, type Tx } from '../../platform/index.ts'
import type { CheckpointFile } from './checkpoint-file.ts'
import { type ChainHead, checkpointRepository } from './checkpoints-repository.ts'
import { type HeadsFile, missedOf } from './heads.ts'
import { auditRepository } from './repository.ts'
import { createOwnCheck, type Signer } from './signing-key.ts'

export type CheckpointDeps = {
  db: Db
  now: Clock
  log: Log
  signer: () => Signer
  file: CheckpointFile
  /** Where chains were seen to stand since they were signed. */
  heads: Pick<HeadsFile, 'read'>
  /** A chain that grows fast gets a checkpoint at every so many events, whatever the clock says. */
  everyEvents?: number
}
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Signs where the chains stand. What it signs it has verified since the last time: a broken chain gets no signature. */
export const createCheckpoints = ({
  db,
  now,
  log,
  signer,
  file,
  heads: headsFile,
  everyEvents = 1_000,
}: CheckpointDeps) => {
  const platform = <T>(work: (tx: Tx) => Promise<T>) => db.platform(systemCtx('audit'), work)

  const signed = (
    kind: AuditCheckpoint['kind'],
    accountId: string,
    place: { seq: number; hash: string },
  ): AuditCheckpoint => {
    const unsigned = { kind, accountId, ...place, at: now().toISOString(), keyId: signer().keyId }
    return { ...unsigned, signature: signer().sign(checkpointText(unsigned)) }
  }

  /** Verifies the next events of a chain and signs the last of them; false when there is no more to sign. */
  const advance = async ({ accountId, seq: end }: ChainHead, seen: readonly KnownPlace[]): Promise<boolean> => {
    const read = await platform(async (tx) => {
      const last = await checkpointRepository(tx).last(accountId)
      const since = { seq: last?.seq ?? 0, hash: last?.hash ?? genesisHash }
      return { since, events: await auditRepository(tx).segment(accountId, since.seq, everyEvents) }
    })
    const { since, events } = read
    const place = events.at(-1)
    if (!place) return false
    const verifier = createVerifier({ sha256, isSigned: () => false })
    verifier.begin(accountId, since)
    for (const one of seen)
      if (one.accountId === accountId && one.seq > since.seq && one.seq <= place.seq) verifier.known(one)
    for (const event of events) verifier.event(event)
    const { faults } = verifier.finish()
    if (faults.length > 0) {
      log.error({ accountId, faults }, 'the audit chain is broken; no checkpoint is signed for it')
      return false
    }
    const checkpoint = signed('checkpoint', accountId, { seq: place.seq, hash: place.hash })
    await platform((tx) => checkpointRepository(tx).insert([checkpoint]))
    return place.seq < end
  }

  /**
   * Writes out what this key signed and what stands in the database only, also after a crash between the two. The file
   * vouches for what the database says, so what somebody else wrote there never comes into it.
   */
  const exportAll = async () => {
    const isOwn = createOwnCheck(signer())
    for (;;) {
      const batch = await platform((tx) => checkpointRepository(tx).unexported(signer().keyId, 500))
      if (batch.length === 0) return
      const forged = batch.filter((one) => !isOwn(one))
      if (forged.length > 0)
        log.error({ forged }, 'checkpoints in the database say that our key signed them; it did not')
      await file.append(batch.filter(isOwn))
      await platform((tx) => checkpointRepository(tx).markExported(batch, now()))
    }
  }

  return {
    signed,
    exportAll,
    async run(signal?: AbortSignal): Promise<void> {
      const { keyId, publicKey } = signer()
      const seen = headsFile.read()
      const { heads, missed } = await platform(async (tx) => {
        await checkpointRepository(tx).addKey(keyId, publicKey, now())
        const unsigned = await checkpointRepository(tx).heads({ unsigned: true })
        const lost = await missedOf(tx, signer(), seen)
        return { heads: unsigned, missed: new Set(lost.map(({ accountId }) => accountId)) }
      })
      // the last checkpoint may be one that the database only claims: what was seen outside it is asked first
      const broken = heads.filter(({ accountId }) => missed.has(accountId))
      for (const { accountId } of broken)
        log.error({ accountId }, 'events seen in the audit chain are gone; no checkpoint is signed for it')
      for (const head of heads.filter((one) => !broken.includes(one)))
        while (!signal?.aborted && (await advance(head, seen)));
      await exportAll()
    },
  }
}
export type Checkpoints = ReturnType<typeof createCheckpoints>
