/** `/v1/messages/batches`, as Anthropic's clients know it. */
import { sendJson } from '../answer.ts'
import type { GatewayConfig } from '../config.ts'
import { asText, isRecord, type Json } from '../dialects/index.ts'
import { refusal } from '../refusal.ts'
import { holderOf, there } from './batches.ts'
import { stream } from './files.ts'
import { jsonBody } from './json-body.ts'
import { listed, listQuery } from './list.ts'
import type { BatchPort, StoredBatch } from './port.ts'
import type { StoredRoute } from './routes.ts'

type Deps = { batches: BatchPort; config: GatewayConfig; publicUrl: string }

const dialect = 'anthropic' as const
const linesMax = 100_000

export const messageBatchRoutes = ({ batches, config, publicUrl }: Deps): StoredRoute[] => {
  const present = (batch: StoredBatch) => presented(batch, publicUrl)
  return [
    {
      dialect,
      method: 'POST',
      path: /^\/v1\/messages\/batches$/,
      async answer({ call, owner }) {
        const lines = linesOf(await jsonBody(call, config))
        const asked = { dialect, endpoint: '/v1/messages', lines }
        sendJson(call, 200, present(await batches.create(owner, holderOf(call), asked)))
      },
    },
    {
      dialect,
      method: 'GET',
      path: /^\/v1\/messages\/batches$/,
      async answer({ call, owner, query }) {
        const before = query.get('before_id')
        if (query.has('after_id')) query.set('after', query.get('after_id') ?? '')
        const { limit, after } = listQuery(query, 1_000)
        const page = before === null ? { limit, after, order: 'desc' } : { limit, after: before, order: 'asc' }
        const found = await batches.list(owner, dialect, { ...page, order: page.order === 'asc' ? 'asc' : 'desc' })
        const { data, has_more } = listed(found.map(present), limit)
        // what stands before something is read away from it, and shown in the usual order
        if (before !== null) data.reverse()
        sendJson(call, 200, { data, has_more, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null })
      },
    },
    {
      dialect,
      method: 'GET',
      path: /^\/v1\/messages\/batches\/([^/]+)$/,
      async answer({ call, owner, id }) {
        sendJson(call, 200, present(there(await batches.find(owner, dialect, id), id)))
      },
    },
    {
      dialect,
      method: 'GET',
      path: /^\/v1\/messages\/batches\/([^/]+)\/results$/,
      async answer({ call, owner, id }) {
        const { endedAt } = there(await batches.find(owner, dialect, id), id)
        if (endedAt === null) throw refusal('input.invalid', `Batch '${id}' has not ended yet.`)
        await stream(call, batches.results(owner, id), [], 'application/x-jsonl')
      },
    },
    {
      dialect,
      method: 'POST',
      path: /^\/v1\/messages\/batches\/([^/]+)\/cancel$/,
      async answer({ call, owner, id }) {
        sendJson(call, 200, present(there(await batches.cancel(owner, dialect, id), id)))
      },
    },
    {
      dialect,
      method: 'DELETE',
      path: /^\/v1\/messages\/batches\/([^/]+)$/,
      async answer({ call, owner, id }) {
        there(await batches.find(owner, dialect, id), id)
        if (!(await batches.remove(owner, id)))
          throw refusal('input.invalid', `Batch '${id}' has not ended yet; cancel it first.`)
        sendJson(call, 200, { id, type: 'message_batch_deleted' })
      },
    },
  ]
}

const linesOf = ({ requests }: Json) => {
  if (!Array.isArray(requests) || requests.length === 0 || requests.length > linesMax)
    throw refusal('input.invalid', `'requests' must be 1 to ${linesMax} calls.`, 'requests')
  const seen = new Set<string>()
  return requests.map((one: unknown, at) => {
    const { custom_id, params } = isRecord(one) ? one : {}
    const customId = asText(custom_id) ?? ''
    if (!/^[\w-]{1,64}$/.test(customId))
      throw refusal(
        'input.invalid',
        "'custom_id' must be 1 to 64 letters, digits, - and _.",
        `requests.${at}.custom_id`,
      )
    if (seen.has(customId)) throw refusal('input.invalid', `'${customId}' is there twice.`, `requests.${at}.custom_id`)
    seen.add(customId)
    if (!isRecord(params)) throw refusal('input.invalid', "'params' must be a call.", `requests.${at}.params`)
    return { customId, request: JSON.stringify(params) }
  })
}

const presented = (batch: StoredBatch, publicUrl: string) => {
  const { id, endedAt, counts } = batch
  const { total, succeeded, errored, canceled, expired } = counts
  return {
    ...{ id, type: 'message_batch' },
    processing_status: endedAt !== null ? 'ended' : batch.status === 'cancelling' ? 'canceling' : 'in_progress',
    request_counts: {
      processing: total - succeeded - errored - canceled - expired,
      ...{ succeeded, errored, canceled, expired },
    },
    created_at: batch.createdAt.toISOString(),
    expires_at: batch.expiresAt.toISOString(),
    ended_at: endedAt?.toISOString() ?? null,
    cancel_initiated_at: batch.cancellingAt?.toISOString() ?? null,
    archived_at: null,
    results_url: endedAt && `${publicUrl}/v1/messages/batches/${id}/results`,
  }
}
