import type { AuditEvent } from '@cockpit/contract/audit'
import type { Ctx, Db } from '../../platform/index.ts'
import { checkpointRepository } from './checkpoints-repository.ts'
import { ocsfOf } from './ocsf.ts'
import { auditRepository, type ChainPlace, type EventFilter } from './repository.ts'
import { seeing, seenAccount } from './seeing.ts'

/** Rows in memory at once, whatever is exported. */
const batchRows = 1_000
export const exportFormats = ['jsonl', 'csv', 'ocsf'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** Files that are written while they are read: no transaction stays open, and a chain only grows, so nothing is skipped. */
export const createExport = ({ db }: { db: Db }) => {
  async function* batches(ctx: Ctx, filter: EventFilter): AsyncGenerator<AuditEvent[]> {
    const accountId = seenAccount(ctx)
    for (let after: ChainPlace | null = null; ; ) {
      const from: ChainPlace | null = after
      const events: AuditEvent[] = await seeing(db, ctx, (tx) =>
        auditRepository(tx).walk(accountId, filter, from, batchRows),
      )
      if (events.length > 0) yield events
      const last = events.at(-1)
      if (!last || events.length < batchRows) return
      after = { accountId: last.accountId, seq: last.seq }
    }
  }

  async function* texts(ctx: Ctx, filter: EventFilter, format: ExportFormat): AsyncGenerator<string> {
    if (format === 'csv') yield csvLine(csvHeader)
    for await (const events of batches(ctx, filter)) yield events.map(lineOf[format]).join('')
  }

  return {
    /** Who exported what is in the story before the first byte leaves. */
    async events(ctx: Ctx, filter: EventFilter, format: ExportFormat): Promise<AsyncIterable<string>> {
      await seeing(db, ctx, (tx) =>
        tx.emit('audit.exported', {
          subject: { type: 'account', id: ctx.accountId, name: 'Audit log' },
          after: { format, ...filter },
          outcome: 'read',
        }),
      )
      return texts(ctx, filter, format)
    },

    async *checkpoints(ctx: Ctx): AsyncGenerator<string> {
      const accountId = seenAccount(ctx)
      const ids = accountId ? [accountId] : await seeing(db, ctx, (tx) => checkpointRepository(tx).accountIds())
      for (const id of ids) {
        const found = await seeing(db, ctx, (tx) => checkpointRepository(tx).all(id))
        yield found.map((one) => `${JSON.stringify(one)}\n`).join('')
      }
    },
  }
}

const csvHeader = [
  'seq',
  'id',
  'account',
  'at',
  'event',
  'outcome',
  'actor_kind',
  'actor_id',
  'actor',
  'on_behalf_of',
  'subject_type',
  'subject_id',
  'subject',
  'before',
  'after',
  'reason',
  'ip',
  'session',
  'user_agent',
  'request',
  'policy_version',
  'hash',
]
const csvFields = (e: AuditEvent) => [
  e.seq,
  e.id,
  e.accountId,
  e.at,
  e.name,
  e.outcome,
  e.actor.kind,
  e.actor.id,
  e.actor.name,
  e.onBehalfOf?.id,
  e.subject.type,
  e.subject.id,
  e.subject.name,
  e.before && JSON.stringify(e.before),
  e.after && JSON.stringify(e.after),
  e.reason,
  e.ip,
  e.sessionId,
  e.userAgent,
  e.requestId,
  e.policyVersion,
  e.hash,
]

/** RFC 4180. A field that a spreadsheet would take for a formula is told apart by an apostrophe. */
const csvLine = (fields: readonly (string | number | null | undefined)[]): string =>
  `${fields
    .map((field) => {
      const text = String(field ?? '')
      const safe = /^[=+\-@\t\r]/.test(text) && typeof field === 'string' ? `'${text}` : text
      return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
    })
    .join(',')}\r\n`

const lineOf: Record<ExportFormat, (event: AuditEvent) => string> = {
  jsonl: (event) => `${JSON.stringify(event)}\n`,
  csv: (event) => csvLine(csvFields(event)),
  ocsf: (event) => `${JSON.stringify(ocsfOf(event))}\n`,
}
