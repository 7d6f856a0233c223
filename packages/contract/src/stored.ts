/** What the gateway keeps for its callers: responses to continue, files and batches, and for how long. */
import { z } from 'zod'
import { id, pageOf, pageQuery, routes, timestamp } from './kit.ts'

export const KeepsResponses = z
  .enum(['asked', 'always', 'never'])
  .describe('`asked`: those whose caller sends `store: true`; `always`: all but those with `store: false`')
export type KeepsResponses = z.infer<typeof KeepsResponses>

const days = z.number().int().min(1).max(365)

export const StoredPolicy = z
  .object({
    responses: KeepsResponses,
    responseDays: days.describe('After how many days a kept response is deleted'),
    fileDays: days.describe('After how many days a file, or a batch that has ended, is deleted'),
  })
  .meta({ id: 'StoredPolicy' })
export type StoredPolicy = z.infer<typeof StoredPolicy>

export const standardStoredPolicy: StoredPolicy = { responses: 'asked', responseDays: 30, fileDays: 30 }

const CreatedBy = z
  .object({ kind: z.enum(['key', 'user']), id: z.string(), name: z.string() })
  .describe('The key or the person that handed it in')

export const BatchStatus = z.enum([
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
])
export type BatchStatus = z.infer<typeof BatchStatus>

export const BatchErrors = z.array(
  z.object({
    code: z.string(),
    line: z.number().nullable().describe('The line of the file it is about'),
    message: z.string(),
    param: z.string().nullable(),
  }),
)
export type BatchErrors = z.infer<typeof BatchErrors>

export const StoredBatch = z
  .object({
    id: z.string(),
    dialect: z.enum(['openai', 'anthropic']),
    endpoint: z.string().describe('The address each of its calls is made to'),
    status: BatchStatus,
    createdBy: CreatedBy,
    counts: z.object({
      total: z.number().int(),
      succeeded: z.number().int(),
      errored: z.number().int(),
      canceled: z.number().int(),
      expired: z.number().int(),
    }),
    errors: BatchErrors.describe('What is wrong with its file, where it failed'),
    createdAt: timestamp,
    startedAt: timestamp.nullable(),
    endedAt: timestamp.nullable(),
    expiresAt: timestamp.describe('When what is left of it expires'),
  })
  .meta({ id: 'StoredBatch' })
export type StoredBatch = z.infer<typeof StoredBatch>

export const StoredFile = z
  .object({
    id: id('file'),
    filename: z.string(),
    purpose: z.string(),
    bytes: z.number().int(),
    createdBy: CreatedBy,
    createdAt: timestamp,
    expiresAt: timestamp.describe('When it is deleted at the latest'),
  })
  .meta({ id: 'StoredFile' })
export type StoredFile = z.infer<typeof StoredFile>

/** Batches of either dialect, by the names their clients expect. */
const batchId = z.object({
  id: z
    .string()
    .max(64)
    .regex(/^(?:msg)?batch_[0-9a-z]+$/, 'must be an id like batch_… or msgbatch_…')
    .meta({ example: 'batch_0190f5c27d7a7c3e8f00aa11bb22cc33' }),
})
const reading = { method: 'GET', tag: 'Stored', permission: 'usage.read', scope: 'account' } as const

export const storedRoutes = routes({
  batches: {
    ...reading,
    path: '/v1/stored/batches',
    summary: 'List the batches of all callers, newest first',
    query: pageQuery.extend({ status: BatchStatus.optional() }),
    returns: pageOf(StoredBatch),
  },
  batch: {
    ...reading,
    path: '/v1/stored/batches/{id}',
    summary: 'Get a batch and how far it is',
    params: batchId,
    returns: StoredBatch,
    problems: ['stored_batch.not_found'],
    drifts: ['status', 'counts', 'startedAt', 'endedAt', 'errors'],
  },
  cancelBatch: {
    method: 'POST',
    path: '/v1/stored/batches/{id}/cancel',
    tag: 'Stored',
    permission: 'key.write',
    scope: 'account',
    summary: 'Begin no further call of a batch',
    params: batchId,
    returns: StoredBatch,
    problems: ['stored_batch.not_found', 'stored_batch.ended'],
    emits: 'stored_batch.cancelled',
  },
  batchResults: {
    ...reading,
    permission: 'content.read',
    path: '/v1/stored/batches/{id}/results.jsonl',
    summary: 'Download what became of each call of a batch, one a line, as its caller reads it',
    params: batchId,
    sensitive: true,
    emits: 'stored_batch.read',
    file: 'application/x-ndjson',
    returns: z.string(),
    problems: ['stored_batch.not_found', 'stored_batch.not_ended'],
  },
  files: {
    ...reading,
    path: '/v1/stored/files',
    summary: 'List the files of all callers, newest first',
    query: pageQuery,
    returns: pageOf(StoredFile),
  },
  deleteFile: {
    method: 'DELETE',
    path: '/v1/stored/files/{id}',
    tag: 'Stored',
    permission: 'key.write',
    scope: 'account',
    summary: 'Delete a file of a caller',
    status: 204,
    stepUp: true,
    params: z.object({ id: id('file') }),
    returns: z.void(),
    problems: ['stored_file.not_found'],
    emits: 'stored_file.deleted',
  },
  policy: {
    method: 'GET',
    path: '/v1/stored/policy',
    tag: 'Stored',
    permission: 'settings.read',
    scope: 'account',
    summary: 'What is kept for callers of the gateway, and for how long',
    returns: StoredPolicy,
  },
  updatePolicy: {
    method: 'PATCH',
    path: '/v1/stored/policy',
    tag: 'Stored',
    permission: 'settings.write',
    scope: 'account',
    summary: 'Change what is kept for callers of the gateway, and for how long',
    description: 'Fewer days count for what is kept already too: it is deleted within the hour.',
    body: StoredPolicy.partial()
      .strict()
      .meta({ id: 'StoredPolicyPatch', example: { responseDays: 14 } }),
    returns: StoredPolicy,
    emits: 'stored_policy.updated',
  },
})
