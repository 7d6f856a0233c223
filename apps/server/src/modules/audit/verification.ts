import type { AuditCheckpoint, VerificationStep } from '@cockpit/contract/audit'
import { createVerifier } from '@cockpit/contract/audit-verifier'
import type { Ctx, Db, Tx } from '../../platform/index.ts'
import type { CheckpointFile } from './checkpoint-file.ts'
import { sha256 } from './checkpoints.ts'
import { type ChainHead, checkpointRepository } from './checkpoints-repository.ts'
import type { HeadsFile } from './heads.ts'
import { auditRepository } from './repository.ts'
import { seeing, seenAccount } from './seeing.ts'
import { createSignatureCheck, type Signer } from './signing-key.ts'

type Key = Pick<Signer, 'keyId' | 'publicKey'>
type Deps = {
  db: Db
  file: CheckpointFile
  heads: Pick<HeadsFile, 'read'>
  /** Whether this process signs, and so keeps the files. */
  signs: boolean
  /** The key that signs; null where this process has none. */
  ownKey: () => Key | null
}
/** So many events are read and hashed in one go; other requests run in between. */
const batchEvents = 500

/**
 * Walks whole chains and reports how far it is. The checkpoints are those of the database and of the file beside it,
 * and so are the places where chains were seen to stand since.
 * The own key is trusted and not what the database says about it, and an anchor, which excuses what is gone, must be of
 * that key or stand in the file: whoever writes the database can add both a key and an anchor. Where a process has not
 * what lies outside the database, nothing it finds in order is a proof, and it says so.
 */
export const createVerification = ({ db, file, heads: headsFile, signs, ownKey }: Deps) => {
  const checkpointsOf = async (tx: Tx, accountId: string, kept: readonly AuditCheckpoint[]) => {
    const found = await checkpointRepository(tx).all(accountId)
    found.push(...kept.filter((one) => one.accountId === accountId))
    return [...new Map(found.map((one) => [one.signature, one])).values()]
  }

  const trustedKeys = async (tx: Tx, own: Key | null) => {
    const keys = new Map((await checkpointRepository(tx).keys()).map(({ id, publicKey }) => [id, publicKey]))
    return own ? keys.set(own.keyId, own.publicKey) : keys
  }

  const vouchesFor = (kept: readonly AuditCheckpoint[], own: Key | null) => {
    const outside = new Set(kept.map(({ signature }) => signature))
    return ({ keyId, signature }: AuditCheckpoint) => keyId === own?.keyId || outside.has(signature)
  }

  /** Every chain the caller sees, and every one that was signed for: a chain that is gone is missed too. */
  const seen = async (ctx: Ctx, kept: readonly { accountId: string }[]) => {
    const accountId = seenAccount(ctx)
    const heads = await seeing(db, ctx, async (tx) =>
      (await checkpointRepository(tx).heads()).filter((head) => !accountId || head.accountId === accountId),
    )
    if (accountId) return { heads, accountIds: [accountId] }
    const stored = await seeing(db, ctx, (tx) => checkpointRepository(tx).accountIds())
    return { heads, accountIds: [...new Set([...stored, ...kept.map((one) => one.accountId)])].sort() }
  }

  async function* batchesOf(ctx: Ctx, accountId: string, signal: AbortSignal) {
    for (let after = 0; !signal.aborted; ) {
      const from = after
      const events = await seeing(db, ctx, (tx) => auditRepository(tx).segment(accountId, from, batchEvents))
      if (events.length > 0) yield events
      if (events.length < batchEvents) return
      after = events.at(-1)?.seq ?? after
    }
  }

  return async function* verify(ctx: Ctx, signal: AbortSignal): AsyncGenerator<VerificationStep> {
    const kept = await file.read(seenAccount(ctx))
    const noted = headsFile.read()
    const known = noted.filter(({ accountId }) => accountId === (seenAccount(ctx) ?? accountId))
    const own = ownKey()
    const unproven = whyUnproven({ own, seesFiles: signs || kept.length + noted.length > 0 })
    const { heads, accountIds } = await seen(ctx, [...kept, ...known])
    const keys = await db.platform(ctx, (tx) => trustedKeys(tx, own))
    const verifier = createVerifier({
      sha256,
      isSigned: createSignatureCheck(keys),
      isVouchedFor: vouchesFor(kept, own),
    })
    const total = heads.reduce((sum, { seq, prunedSeq }) => sum + seq - prunedSeq, 0)
    for (const place of known) verifier.known(place)
    let checked = 0
    const step = () => ({ checked, total: Math.max(total, checked), verdict: null })
    yield step()
    for (const accountId of accountIds) {
      for (const checkpoint of await seeing(db, ctx, (tx) => checkpointsOf(tx, accountId, kept)))
        verifier.checkpoint(checkpoint)
      for await (const events of batchesOf(ctx, accountId, signal)) {
        for (const event of events) verifier.event(event)
        checked += events.length
        yield step()
      }
    }
    if (!signal.aborted) yield { ...step(), verdict: { ...verifier.finish(ends(heads)), unproven } }
  }
}

const elsewhere =
  'verify where the role worker runs, or with `cockpit audit verify` and the key and checkpoints that you keep.'
const whyUnproven = ({ own, seesFiles }: { own: Key | null; seesFiles: boolean }): string | null => {
  if (!own)
    return `This process has not the key that signs, and believes the keys of the database. Give it COCKPIT_AUDIT_KEY, or ${elsewhere}`
  if (seesFiles) return null
  return `This process has not the checkpoints outside the database (audit-checkpoints.jsonl and audit-heads.json in its data directory), and cannot miss one that is gone. Instead, ${elsewhere}`
}

const ends = (heads: readonly ChainHead[]) => new Map(heads.map(({ accountId, seq }) => [accountId, seq]))
