/** Files that calls name by their id: their content takes the place of the id, so that any provider can read it. */

import type { Owner } from '@cockpit/contract/stored-calls'
import type { Log } from '../../platform/index.ts'
import type { Call } from '../call.ts'
import type { GatewayConfig } from '../config.ts'
import { asList, asRecord, isRecord, type Json, parseJson } from '../dialects/index.ts'
import { type Refusal, refusal } from '../refusal.ts'
import { mentions } from './mentioned.ts'
import { ownerOf } from './owner.ts'
import type { FilePort, StoredFile } from './port.ts'

type Deps = { files: FilePort; log: Log; config: Pick<GatewayConfig, 'bodyBytesMax'> }
/** A place where an id stands, and how its content is written there. */
type Place = { id: string; path: string; fill(content: Content): void }
type Content = { name: string; mediaType: string; data: string }

const namesFile = mentions('file_id')

export const createReferences = ({ files, log, config }: Deps) => {
  const contentOf = async (owner: Owner, file: StoredFile): Promise<Content> => {
    const pieces: Buffer[] = []
    for await (const piece of files.read(owner, file.id)) pieces.push(piece)
    return { name: file.filename, mediaType: mediaTypeOf(file), data: Buffer.concat(pieces).toString('base64') }
  }

  const filled = async (owner: Owner, body: Buffer, asked: Json, places: readonly Place[]) => {
    let bytes = body.length
    let changed = false
    for (const { id, path, fill } of places) {
      const file = await files.find(owner, id)
      // one that is not kept here may be the provider's own
      if (!file) continue
      bytes += Math.ceil(file.bytes / 3) * 4
      if (bytes > config.bodyBytesMax)
        return refusal('input.too_large', `With its files a call has at most ${config.bodyBytesMax >> 20} MiB.`, path)
      fill(await contentOf(owner, file))
      changed = true
    }
    return changed ? Buffer.from(JSON.stringify(asked)) : body
  }

  return {
    prepare(call: Call, body: Buffer): Buffer | Promise<Buffer | Refusal> {
      if (!namesFile(body)) return body
      const owner = ownerOf(call)
      if (!owner || call.surface) return body
      const asked = parseJson(body.toString('utf8'))
      const places = isRecord(asked) ? placesIn(asked) : []
      if (!isRecord(asked) || places.length === 0) return body
      return filled(owner, body, asked, places).catch((error: unknown) => {
        log.warn({ err: error }, 'kept files cannot be read')
        return refusal('store.unavailable', 'What is kept here cannot be read at the moment; call again.')
      })
    },
  }
}

const placesIn = (asked: Json): Place[] =>
  (['messages', 'input'] as const).flatMap((list) =>
    asList(asked[list]).flatMap((turn, at) => placesOf(asRecord(turn).content, `${list}[${at}].content`)),
  )

const placesOf = (content: unknown, path: string): Place[] =>
  asList(content).flatMap((one, at) => {
    const part = asRecord(one)
    const where = `${path}[${at}]`
    // what a tool found may hold files of its own
    if (part.type === 'tool_result') return placesOf(part.content, `${where}.content`)
    return placeOf(part, where) ?? []
  })

const placeOf = (part: Json, path: string): Place | null => {
  const place = (id: unknown, name: string, fill: Place['fill']): Place | null =>
    typeof id === 'string' ? { id, path: `${path}.${name}`, fill } : null
  const source = asRecord(part.source)
  if (part.type === 'file')
    return place(asRecord(part.file).file_id, 'file.file_id', (content) => {
      part.file = { filename: content.name, file_data: dataUrl(content) }
    })
  if (part.type === 'input_file')
    return place(part.file_id, 'file_id', (content) => {
      delete part.file_id
      Object.assign(part, { filename: content.name, file_data: dataUrl(content) })
    })
  if (part.type === 'input_image')
    return place(part.file_id, 'file_id', (content) => {
      delete part.file_id
      part.image_url = dataUrl(content)
    })
  if (source.type === 'file')
    return place(source.file_id, 'source.file_id', (content) => {
      part.source = sourceOf(content)
    })
  return null
}

const dataUrl = ({ mediaType, data }: Content): string => `data:${mediaType};base64,${data}`

const sourceOf = ({ mediaType, data }: Content): Json =>
  mediaType === 'text/plain'
    ? { type: 'text', media_type: mediaType, data: Buffer.from(data, 'base64').toString('utf8') }
    : { type: 'base64', media_type: mediaType, data }

const byEnding: Readonly<Record<string, string>> = {
  ...{ pdf: 'application/pdf', txt: 'text/plain', md: 'text/plain', csv: 'text/plain', json: 'text/plain' },
  ...{ png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp' },
}

/** Clients often do not say what they send; then its name does. */
const mediaTypeOf = ({ mediaType, filename }: StoredFile): string =>
  mediaType === 'application/octet-stream'
    ? (byEnding[filename.split('.').at(-1)?.toLowerCase() ?? ''] ?? mediaType)
    : mediaType
