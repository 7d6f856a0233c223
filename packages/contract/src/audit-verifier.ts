/** Walks the events of chains in their order and says what was edited, deleted, put elsewhere or cut off. Pure. */
import type { AuditCheckpoint, AuditEvent, ChainFault } from './audit.ts'
import { checkpointText, eventText, genesisHash } from './audit-chain.ts'

export type VerifierTools = {
  /** Of a text, in lower-case hex. */
  sha256(text: string): string
  /** Whether a key that is trusted made this Ed25519 signature. */
  isSigned(text: string, signature: string, keyId: string): boolean
  /** Whether more than the database says that retention removed what stands before this anchor; without it, all are believed. */
  isVouchedFor?(anchor: AuditCheckpoint): boolean
  /** After so many faults it only counts. */
  faultsMax?: number
}
type Chain = { seq: number; hash: string }
/** An event that was seen at its place by somebody outside the database. */
export type KnownPlace = Chain & { accountId: string }
export type Verdict = { events: number; checkpoints: number; faultCount: number; faults: ChainFault[] }

/** Give it every checkpoint there is first, then the events of each account in the order of their `seq`. */
export const createVerifier = ({ sha256, isSigned, isVouchedFor, faultsMax = 20 }: VerifierTools) => {
  const chains = new Map<string, Chain>()
  /** By account and place. A walk over a million events looks here at each. */
  const signed = new Map<string, Map<number, AuditCheckpoint[]>>()
  const seenPlaces = new Map<string, Map<number, string>>()
  const verdict: Verdict = { events: 0, checkpoints: 0, faultCount: 0, faults: [] }

  const fault = (kind: ChainFault['kind'], accountId: string, seq: number, detail: string) => {
    verdict.faultCount++
    if (verdict.faults.length < faultsMax) verdict.faults.push({ kind, accountId, seq, detail })
  }

  /** Where the chain of an account begins: at its first event, or behind what retention removed and signed for. */
  const beginning = ({ accountId, seq, prevHash }: AuditEvent): Chain => {
    const before = signed.get(accountId)?.get(seq - 1) ?? []
    const anchor = before.find(({ kind, hash }) => kind === 'anchor' && hash === prevHash)
    if (seq > 1 && !anchor)
      fault(
        'deleted',
        accountId,
        1,
        `Events 1 to ${seq - 1} are gone, and no signed anchor says that retention removed them.`,
      )
    return seq > 1 ? { seq: seq - 1, hash: prevHash } : { seq: 0, hash: genesisHash }
  }

  const place = (chain: Chain, { accountId, seq }: AuditEvent) => {
    if (seq <= chain.seq) fault('reordered', accountId, seq, `Event ${seq} stands after event ${chain.seq}.`)
    if (seq > chain.seq + 1)
      fault(
        'deleted',
        accountId,
        chain.seq + 1,
        `Between event ${chain.seq} and ${seq} ${seq - chain.seq - 1} are gone.`,
      )
  }

  return {
    /** Goes on behind an event that was verified before. */
    begin: (accountId: string, chain: Chain) => void chains.set(accountId, chain),

    checkpoint(checkpoint: AuditCheckpoint) {
      const { accountId, seq, keyId, signature } = checkpoint
      if (!isSigned(checkpointText(checkpoint), signature, keyId))
        return fault('forged', accountId, seq, `The checkpoint at ${seq} is not signed by a trusted key (${keyId}).`)
      if (checkpoint.kind === 'anchor' && isVouchedFor?.(checkpoint) === false)
        return fault('forged', accountId, seq, `Only the database knows the anchor at ${seq} and its key (${keyId}).`)
      verdict.checkpoints++
      const known = signed.get(accountId) ?? new Map<number, AuditCheckpoint[]>()
      signed.set(accountId, known.set(seq, [...(known.get(seq) ?? []), checkpoint]))
    },

    /** Nothing is signed about it, but whoever gives it here saw it there. */
    known({ accountId, seq, hash }: KnownPlace) {
      seenPlaces.set(accountId, (seenPlaces.get(accountId) ?? new Map<number, string>()).set(seq, hash))
    },

    event(event: AuditEvent) {
      const { accountId, seq, prevHash, hash } = event
      verdict.events++
      const chain = chains.get(accountId) ?? beginning(event)
      place(chain, event)
      if (seq === chain.seq + 1 && prevHash !== chain.hash)
        fault('edited', accountId, seq, `Event ${seq} does not continue the hash of event ${seq - 1}.`)
      if (sha256(prevHash + eventText(event)) !== hash)
        fault('edited', accountId, seq, `Event ${seq} is not what was hashed when it was written.`)
      if (
        signed
          .get(accountId)
          ?.get(seq)
          ?.some((one) => one.hash !== hash)
      )
        fault('edited', accountId, seq, `Event ${seq} differs from the one that the checkpoint there was signed for.`)
      if ((seenPlaces.get(accountId)?.get(seq) ?? hash) !== hash)
        fault('edited', accountId, seq, `Event ${seq} is another one than was seen there outside the database.`)
      chains.set(accountId, { seq, hash })
    },

    /** After the last event: was every chain shown to its end? `heads` may tell of further ends than checkpoints do. */
    finish(heads: ReadonlyMap<string, number> = new Map()): Verdict {
      for (const accountId of new Set([...heads.keys(), ...signed.keys(), ...seenPlaces.keys()])) {
        const own = [...(signed.get(accountId)?.values() ?? [])].flat()
        const anchors = own.filter(({ kind }) => kind === 'anchor')
        const seen = Math.max(chains.get(accountId)?.seq ?? 0, ...anchors.map(({ seq }) => seq))
        const ends = [...own.map(({ seq }) => seq), ...(seenPlaces.get(accountId)?.keys() ?? [])]
        const end = Math.max(heads.get(accountId) ?? 0, ...ends)
        if (seen < end)
          fault('truncated', accountId, seen + 1, `The chain went on to event ${end}, and the events end at ${seen}.`)
      }
      return verdict
    },
  }
}
export type Verifier = ReturnType<typeof createVerifier>
