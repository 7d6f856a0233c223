import { BatchErrors, BatchStatus } from '@cockpit/contract/stored'
import type { Owner } from '@cockpit/contract/stored-calls'
import type { Selectable } from 'kysely'
import { z } from 'zod'
import type { DB } from '../../platform/index.ts'

export type BatchRow = Selectable<DB['stored_batches']>
export type LineRow = Selectable<DB['stored_batch_lines']>

export const CreatedBy = z.object({ kind: z.enum(['key', 'user']), id: z.string(), name: z.string() })
export const Holder = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('key'), id: z.string() }),
  z.object({ kind: z.literal('user'), id: z.string(), client: z.string(), issuedAt: z.number() }),
])

/** Ends of a line; what it counts as is a column of its batch by the same name. */
export type LineEnd = 'succeeded' | 'errored' | 'canceled' | 'expired'

export const dialectOf = ({ dialect }: Pick<BatchRow, 'dialect'>): 'openai' | 'anthropic' =>
  dialect === 'anthropic' ? 'anthropic' : 'openai'

export const present = (row: BatchRow) => ({
  id: row.id,
  dialect: dialectOf(row),
  endpoint: row.endpoint,
  inputFileId: row.input_file_id,
  metadata: row.metadata === null ? null : z.record(z.string(), z.string()).parse(row.metadata),
  status: BatchStatus.parse(row.status),
  errors: row.errors === null ? null : BatchErrors.parse(row.errors),
  counts: {
    ...{ total: row.total, succeeded: row.succeeded, errored: row.errored },
    ...{ canceled: row.canceled, expired: row.expired },
  },
  outputFileId: row.output_file_id,
  errorFileId: row.error_file_id,
  createdAt: row.created_at,
  startedAt: row.started_at,
  finalizingAt: row.finalizing_at,
  cancellingAt: row.cancelling_at,
  endedAt: row.ended_at,
  expiresAt: row.expires_at,
})

export const ownerOf = (row: BatchRow): Owner => ({
  accountId: row.account_id,
  ownerId: row.owner_id,
  by: CreatedBy.parse(row.created_by),
  requestId: `system:${row.id}`,
})

export const subjectOf = ({ id }: Pick<BatchRow, 'id'>) => ({ type: 'stored_batch', id, name: id })

/** What is sealed for one line opens for no other. */
export const lineContext = ({ account_id, batch_id, place }: Pick<LineRow, 'account_id' | 'batch_id' | 'place'>) =>
  `${account_id}|${batch_id}|${place}`
