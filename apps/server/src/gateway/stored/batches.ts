/** `/v1/batches`, as OpenAI's clients know it. */

import type { HolderRef, Owner } from '@cockpit/contract/stored-calls'
import { sendJson } from '../answer.ts'
import type { Call } from '../call.ts'
import type { GatewayConfig } from '../config.ts'
import { asText, isRecord, type Json } from '../dialects/index.ts'
import { refusal } from '../refusal.ts'
import { jsonBody } from './json-body.ts'
import { listed, listQuery } from './list.ts'
import type { BatchPort, FilePort, StoredBatch } from './port.ts'
import type { StoredRoute } from './routes.ts'

type Deps = { batches: BatchPort; files: FilePort; config: GatewayConfig }

const dialect = 'openai' as const
const endpointsOf = ['/v1/chat/completions', '/v1/responses', '/v1/completions', '/v1/embeddings', '/v1/moderations']
const metadataMax = { pairs: 16, keyChars: 64, valueChars: 512 }

export const batchRoutes = ({ batches, files, config }: Deps): StoredRoute[] => {
  const asked = async (owner: Owner, body: Json) => {
    const endpoint = asText(body.endpoint) ?? ''
    if (!endpointsOf.includes(endpoint)) throw wrong('endpoint', `'endpoint' must be one of ${endpointsOf.join(', ')}.`)
    if (body.completion_window !== '24h') throw wrong('completion_window', "'completion_window' must be 24h.")
    const inputFileId = asText(body.input_file_id) ?? ''
    const file = await files.find(owner, inputFileId)
    if (!file) throw wrong('input_file_id', `No file '${inputFileId}' is kept here.`)
    if (file.purpose !== 'batch') throw wrong('input_file_id', `The purpose of file '${inputFileId}' is not batch.`)
    return { dialect, endpoint, inputFileId, metadata: metadataOf(body.metadata) }
  }
  return [
    {
      dialect,
      method: 'POST',
      path: /^\/v1\/batches$/,
      async answer({ call, owner }) {
        const wanted = await asked(owner, await jsonBody(call, config))
        sendJson(call, 200, present(await batches.create(owner, holderOf(call), wanted)))
      },
    },
    {
      dialect,
      method: 'GET',
      path: /^\/v1\/batches$/,
      async answer({ call, owner, query }) {
        const page = listQuery(query)
        sendJson(call, 200, listed((await batches.list(owner, dialect, page)).map(present), page.limit))
      },
    },
    {
      dialect,
      method: 'GET',
      path: /^\/v1\/batches\/([^/]+)$/,
      async answer({ call, owner, id }) {
        sendJson(call, 200, present(there(await batches.find(owner, dialect, id), id)))
      },
    },
    {
      dialect,
      method: 'POST',
      path: /^\/v1\/batches\/([^/]+)\/cancel$/,
      async answer({ call, owner, id }) {
        const { endedAt } = there(await batches.find(owner, dialect, id), id)
        if (endedAt !== null) throw refusal('input.invalid', `Batch '${id}' has ended already.`)
        sendJson(call, 200, present(there(await batches.cancel(owner, dialect, id), id)))
      },
    },
  ]
}

export const there = (batch: StoredBatch | null, id: string): StoredBatch => {
  if (!batch) throw refusal('batch.not_found', `No batch '${id}' is kept here.`)
  return batch
}

export const holderOf = ({ holder }: Call): HolderRef => {
  if (!holder) throw refusal('auth.required', 'Send your key.')
  if ('hash' in holder) return { kind: 'key', id: holder.id }
  const { user, id, issuedAt, isOfAccount } = holder
  return { kind: 'user', id: user.id, client: id, issuedAt, isOfAccount }
}

const metadataOf = (said: unknown): Record<string, string> | null => {
  if (said == null) return null
  const pairs = isRecord(said) ? Object.entries(said) : null
  const fits = pairs?.every(
    ([key, value]) =>
      key.length <= metadataMax.keyChars && typeof value === 'string' && value.length <= metadataMax.valueChars,
  )
  if (!pairs || !fits || pairs.length > metadataMax.pairs)
    throw wrong('metadata', "'metadata' must be at most 16 short texts by name.")
  return Object.fromEntries(pairs.map(([key, value]) => [key, String(value)]))
}

const wrong = (param: string, message: string) => refusal('input.invalid', message, param)
const seconds = (at: Date | null): number | null => at && Math.floor(at.getTime() / 1_000)

const present = (batch: StoredBatch) => {
  const { status, counts, errors } = batch
  const ended = (as: StoredBatch['status']) => seconds(status === as ? batch.endedAt : null)
  return {
    ...{ id: batch.id, object: 'batch', endpoint: batch.endpoint, completion_window: '24h', status },
    errors: errors && { object: 'list', data: errors },
    input_file_id: batch.inputFileId,
    output_file_id: batch.outputFileId,
    error_file_id: batch.errorFileId,
    created_at: seconds(batch.createdAt),
    in_progress_at: seconds(batch.startedAt),
    expires_at: seconds(batch.expiresAt),
    finalizing_at: seconds(batch.finalizingAt),
    completed_at: ended('completed'),
    failed_at: ended('failed'),
    expired_at: ended('expired'),
    cancelling_at: seconds(batch.cancellingAt),
    cancelled_at: ended('cancelled'),
    request_counts: { total: counts.total, completed: counts.succeeded, failed: counts.errored + counts.expired },
    metadata: batch.metadata,
  }
}
