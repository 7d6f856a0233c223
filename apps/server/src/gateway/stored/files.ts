/** `/v1/files`, as OpenAI's clients and, with `anthropic-version`, Anthropic's know it. */

import type { Owner } from '@cockpit/contract/stored-calls'
import { headersOf, sendJson } from '../answer.ts'
import type { Call } from '../call.ts'
import { refusal } from '../refusal.ts'
import { listed, listQuery } from './list.ts'
import type { FilePort, StoredFile } from './port.ts'
import type { StoredRoute } from './routes.ts'
import { upload } from './upload.ts'

export const fileRoutes = (files: FilePort, now: () => number): StoredRoute[] => {
  const found = async (owner: Owner, id: string): Promise<StoredFile> => {
    const file = await files.find(owner, id)
    if (!file) throw missing(id)
    return file
  }
  const dialect = null
  return [
    {
      dialect,
      method: 'POST',
      path: /^\/v1\/files$/,
      async answer({ call, owner }) {
        sendJson(call, 200, present(call, await upload(files, call, owner, new Date(now()))))
      },
    },
    {
      dialect,
      method: 'GET',
      path: /^\/v1\/files$/,
      async answer({ call, owner, query }) {
        const isAnthropic = call.dialect === 'anthropic'
        if (isAnthropic && query.has('after_id')) query.set('after', query.get('after_id') ?? '')
        const page = isAnthropic ? listQuery(query, 1_000, 20) : listQuery(query, 10_000, 1_000)
        const found = await files.list(owner, { ...page, purpose: query.get('purpose') })
        const { object, ...rest } = listed(
          found.map((file) => present(call, file)),
          page.limit,
        )
        sendJson(call, 200, isAnthropic ? rest : { object, ...rest })
      },
    },
    {
      dialect,
      method: 'GET',
      path: /^\/v1\/files\/([^/]+)$/,
      async answer({ call, owner, id }) {
        sendJson(call, 200, present(call, await found(owner, id)))
      },
    },
    {
      dialect,
      method: 'GET',
      path: /^\/v1\/files\/([^/]+)\/content$/,
      async answer({ call, owner, id }) {
        const { bytes } = await found(owner, id)
        // never as what it claims to be: a browser must not run what somebody has left here
        await stream(call, files.read(owner, id), ['content-length', String(bytes)], 'application/octet-stream')
      },
    },
    {
      dialect,
      method: 'DELETE',
      path: /^\/v1\/files\/([^/]+)$/,
      async answer({ call, owner, id }) {
        if (!(await files.remove(owner, id))) throw missing(id)
        const gone = call.dialect === 'anthropic' ? { id, type: 'file_deleted' } : { id, object: 'file', deleted: true }
        sendJson(call, 200, gone)
      },
    },
  ]
}

/** Writes what is read as fast as it is taken, and stops when nobody takes it any more. */
export const stream = async (
  call: Call,
  pieces: AsyncIterable<Buffer>,
  headers: readonly string[],
  contentType: string,
): Promise<void> => {
  const { res } = call
  let begun = false
  const begin = () => {
    begun = true
    res.writeHead(200, [...headersOf(call, contentType), 'x-content-type-options', 'nosniff', ...headers])
  }
  try {
    for await (const piece of pieces) {
      if (call.gone) return
      if (!begun) begin()
      if (!res.write(piece)) await drained(call)
    }
  } catch (error) {
    if (begun) res.destroy()
    throw error
  }
  if (!begun) begin()
  res.end()
}

const drained = (call: Call): Promise<void> =>
  new Promise((resolve) => {
    call.res.once('drain', resolve)
    call.res.on('close', resolve)
  })

const seconds = (at: Date): number => Math.floor(at.getTime() / 1_000)

const present = ({ dialect }: Call, file: StoredFile) =>
  dialect === 'anthropic'
    ? {
        ...{ id: file.id, type: 'file', filename: file.filename, mime_type: file.mediaType },
        ...{ size_bytes: file.bytes, created_at: file.createdAt.toISOString(), downloadable: true },
      }
    : {
        ...{ id: file.id, object: 'file', bytes: file.bytes, created_at: seconds(file.createdAt) },
        ...(file.expiresAt && { expires_at: seconds(file.expiresAt) }),
        ...{ filename: file.filename, purpose: file.purpose, status: 'processed' },
      }

const missing = (id: string) => refusal('file.not_found', `No file '${id}' is kept here.`)
