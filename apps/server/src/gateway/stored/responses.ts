/** `/v1/responses/{id}` and what is below it. */

import type { Owner } from '@cockpit/contract/stored-calls'
import { sendJson, sendRefusal } from '../answer.ts'
import { refusal } from '../refusal.ts'
import { listed, listQuery } from './list.ts'
import type { ResponsePort } from './port.ts'
import type { StoredRoute } from './routes.ts'

/** `abort` ends the call of one that is made in this process. */
export const responseRoutes = (port: ResponsePort, abort: (id: string) => void): StoredRoute[] => {
  const found = async (owner: Owner, id: string) => {
    const turn = await port.find(owner, id)
    if (!turn) throw missing(id)
    return turn
  }
  const dialect = 'responses' as const
  return [
    {
      dialect,
      method: 'GET',
      path: /^\/v1\/responses\/([^/]+)$/,
      async answer({ call, owner, id, query }) {
        if (query.get('stream') === 'true')
          return sendRefusal(call, refusal('input.invalid', 'A kept response comes whole, not as a stream.', 'stream'))
        sendJson(call, 200, (await found(owner, id)).response)
      },
    },
    {
      dialect,
      method: 'GET',
      path: /^\/v1\/responses\/([^/]+)\/input_items$/,
      async answer({ call, owner, id, query }) {
        const { input } = await found(owner, id)
        const asked = listQuery(query)
        const items = input.map((item) => ({ ...item, id: String(item.id) }))
        if (asked.order === 'desc') items.reverse()
        const from = asked.after === undefined ? 0 : items.findIndex((item) => item.id === asked.after) + 1
        sendJson(call, 200, listed(items.slice(from), asked.limit))
      },
    },
    {
      dialect,
      method: 'POST',
      path: /^\/v1\/responses\/([^/]+)\/cancel$/,
      async answer({ call, owner, id }) {
        const { response } = await found(owner, id)
        if (response.background !== true)
          return sendRefusal(call, refusal('input.invalid', 'Only a response in the background can be cancelled.'))
        const cancelled = await port.cancel(owner, id)
        if (cancelled) abort(id)
        // one that has ended stays as it ended
        sendJson(call, 200, cancelled ?? (await found(owner, id)).response)
      },
    },
    {
      dialect,
      method: 'DELETE',
      path: /^\/v1\/responses\/([^/]+)$/,
      async answer({ call, owner, id }) {
        if (!(await port.remove(owner, id))) throw missing(id)
        abort(id)
        sendJson(call, 200, { id, object: 'response', deleted: true })
      },
    },
  ]
}

const missing = (id: string) => refusal('response.not_found', `No response '${id}' is kept here.`)
