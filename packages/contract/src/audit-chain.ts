/**
 * The chain of an account's events: the text that is hashed, the text that is signed, and the walk that checks both. The
 * server writes and verifies with it, and so does the command line without a server. A form once hashed never changes;
 * another one gets another version.
 */
import type { AuditCheckpoint, AuditEvent } from './audit.ts'

/** What the first event of a chain continues. */
export const genesisHash = '0'.repeat(64)

/** JSON as RFC 8785 has it: members ordered by their names, no spaces. Every reader writes the same text. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((inner) => canonicalJson(inner ?? null)).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalJson(inner)}`).join(',')}}`
}

export type Unchained = Omit<AuditEvent, 'prevHash' | 'hash'>

/** The text of an event that is hashed after the hash of the one before it: SHA-256(prevHash || text), in hex. */
export const eventText = (event: Unchained): string =>
  canonicalJson({
    v: 1,
    accountId: event.accountId,
    seq: event.seq,
    id: event.id,
    name: event.name,
    outcome: event.outcome,
    at: event.at,
    actor: event.actor,
    onBehalfOf: event.onBehalfOf,
    subject: event.subject,
    before: event.before,
    after: event.after,
    requestId: event.requestId,
    ip: event.ip,
    sessionId: event.sessionId,
    userAgent: event.userAgent,
    policyVersion: event.policyVersion,
    reason: event.reason,
  })

/** The text of a checkpoint that is signed. */
export const checkpointText = (checkpoint: Omit<AuditCheckpoint, 'signature'>): string =>
  canonicalJson({
    v: 1,
    kind: checkpoint.kind,
    accountId: checkpoint.accountId,
    seq: checkpoint.seq,
    hash: checkpoint.hash,
    at: checkpoint.at,
    keyId: checkpoint.keyId,
  })
