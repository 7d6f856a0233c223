import { createHash } from 'node:crypto'
import type { AuditCheckpoint } from '@cockpit/contract/audit'
import { checkpointText, genesisHash } from '@cockpit/contract/audit-chain'
import { createVerifier, type KnownPlace } from '@cockpit/contract/audit-verifier'
import { type Clock, type Db, type Log, systemCtx, type Tx } from '../../platform/index.ts'
import type { CheckpointFile } from './checkpoint-file.ts'
import { type ChainHead, checkpointRepository } from './checkpoints-repository.ts'
import type { HeadsFile } from './heads.ts'
import { auditRepository } from './repository.ts'
import type { Signer } from './signing-key.ts'

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

  /** Writes out what stands in the database only, also after a crash between the two. */
  const exportAll = async () => {
    for (;;) {
      const batch = await platform((tx) => checkpointRepository(tx).unexported(500))
      if (batch.length === 0) return
      await file.append(batch)
      await platform((tx) => checkpointRepository(tx).markExported(batch, now()))
    }
  }

  return {
    signed,
    exportAll,
    async run(signal?: AbortSignal): Promise<void> {
      const { keyId, publicKey } = signer()
      const heads = await platform(async (tx) => {
        await checkpointRepository(tx).addKey(keyId, publicKey, now())
        return checkpointRepository(tx).heads({ unsigned: true })
      })
      const seen = headsFile.read()
      for (const head of heads) while (!signal?.aborted && (await advance(head, seen)));
      await exportAll()
    },
  }
}
export type Checkpoints = ReturnType<typeof createCheckpoints>
