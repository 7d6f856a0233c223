/** A file on its way in: what its form says of it, and its content, passed on piece by piece. */

import type { Owner } from '@cockpit/contract/stored-calls'
import type { Call } from '../call.ts'
import { boundaryOf } from '../media/index.ts'
import { refusal } from '../refusal.ts'
import type { FileDraft, FilePort, StoredFile } from './port.ts'
import { type FormEvent, formEvents } from './upload-form.ts'

const fileBytesMax = 512 << 20
const fieldBytesMax = 4_096
const formBytesMax = 65_536
const filenameCharsMax = 255
const purposes = new Set(['batch', 'user_data', 'assistants', 'vision'])
const lifeSeconds = { least: 3_600, most: 2_592_000 }

export const upload = async (files: FilePort, call: Call, owner: Owner, now: Date): Promise<StoredFile> => {
  const boundary = boundaryOf(call.req.headers['content-type'] ?? '')
  const pieces = call.req.iterator?.({ destroyOnReturn: false })
  if (boundary === null || !pieces)
    throw refusal('input.unsupported_type', 'Send the file as multipart/form-data, with a boundary.')
  if (Number(call.req.headers['content-length'] ?? 0) > fileBytesMax + formBytesMax) throw tooLarge()
  const arrival = createArrival(files, owner)
  try {
    for await (const event of formEvents(pieces, boundary))
      if (event.kind === 'part') await arrival.part(event)
      else await arrival.bytes(event.bytes)
    const { draft, fields, mediaType } = arrival.whole()
    return await draft.finish({ mediaType, purpose: purposeOf(call, fields), expiresAt: endOf(fields, now) })
  } catch (error) {
    await arrival.discard()
    throw error
  }
}

/** The one file of a form, written on, and its fields, which are short. */
const createArrival = (files: FilePort, owner: Owner) => {
  const fields = new Map<string, string>()
  let file: { draft: FileDraft; mediaType: string } | null = null
  let field: string | null = null
  let size = 0
  const inField = async (name: string, bytes: Buffer) => {
    if (size > fieldBytesMax) throw tooLong(name)
    fields.set(name, (fields.get(name) ?? '') + bytes.toString('utf8'))
  }
  const inFile = async (bytes: Buffer) => {
    if (size > fileBytesMax) throw tooLarge()
    await file?.draft.write(bytes)
  }
  return {
    async part({ name, filename, mediaType }: Extract<FormEvent, { kind: 'part' }>): Promise<void> {
      size = 0
      field = filename === null ? name : null
      if (filename === null) return
      if (name !== 'file' || file) throw wrong('file', "Send one file, as the part 'file'.")
      file = { draft: await begin(files, owner, filename), mediaType: mediaType ?? 'application/octet-stream' }
    },
    bytes(bytes: Buffer): Promise<void> {
      size += bytes.length
      return field === null ? inFile(bytes) : inField(field, bytes)
    },
    whole() {
      if (!file) throw wrong('file', "Send the file as the part 'file'.")
      return { ...file, fields }
    },
    discard: async () => void (await file?.draft.discard()),
  }
}

const begin = async (files: FilePort, owner: Owner, filename: string): Promise<FileDraft> => {
  const name = filename.split(/[/\\]/).at(-1)?.slice(0, filenameCharsMax) || 'file'
  const draft = await files.begin(owner, name)
  if (!draft) throw refusal('store.full', 'This account keeps as many files as it may; delete some.')
  return draft
}

/** Anthropic's callers have no word for it. */
const purposeOf = ({ dialect }: Call, fields: ReadonlyMap<string, string>): string => {
  const purpose = fields.get('purpose') ?? (dialect === 'anthropic' ? 'user_data' : '')
  if (!purposes.has(purpose)) throw wrong('purpose', `'purpose' must be one of ${[...purposes].join(', ')}.`)
  return purpose
}

const endOf = (fields: ReadonlyMap<string, string>, now: Date): Date | null => {
  const anchor = fields.get('expires_after[anchor]')
  const seconds = fields.get('expires_after[seconds]')
  if (anchor === undefined && seconds === undefined) return null
  if (anchor !== 'created_at') throw wrong('expires_after[anchor]', "'expires_after[anchor]' must be created_at.")
  const after = Number(seconds)
  if (!Number.isInteger(after) || after < lifeSeconds.least || after > lifeSeconds.most)
    throw wrong('expires_after[seconds]', "'expires_after[seconds]' must be from an hour (3600) to 30 days (2592000).")
  return new Date(now.getTime() + after * 1_000)
}

const wrong = (param: string, message: string) => refusal('input.invalid', message, param)
const tooLarge = () => refusal('input.too_large', `A file has at most ${fileBytesMax >> 20} MiB.`, 'file')
const tooLong = (field: string) => refusal('input.too_large', `'${field}' has at most ${fieldBytesMax} bytes.`, field)
