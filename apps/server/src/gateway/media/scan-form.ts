import type { Call } from '../call.ts'
import { MalformedBody, type RequestScan } from '../dialects/index.ts'
import type { Operation } from '../providers/index.ts'
import { boundaryOf, type Form, fieldsOf, readForm } from './form.ts'
import { secondsOf } from './sound.ts'

export const takesForm = (operation: Operation): boolean =>
  operation === 'transcriptions' || operation === 'translations' || operation === 'image_edits'

/** Transcripts come as JSON, as text or with times, as their callers like. */
export const mayBeText = (operation: Operation): boolean =>
  operation === 'transcriptions' || operation === 'translations'

export const streamsMedia = (operation: Operation): boolean =>
  operation === 'transcriptions' || operation === 'images' || operation === 'image_edits'

/** Reads the body of a call as the form it is. */
export const formOf = (call: Call, body: Buffer): RequestScan => {
  const form = readForm(body, boundaryOf(call.req.headers['content-type'] ?? '') ?? '')
  call.form = form
  const sound = form.parts.find(({ name, filename }) => name === 'file' && filename !== null)
  if (sound) call.soundSeconds = secondsOf(body.subarray(sound.from, sound.to)).probably
  return scanForm(form)
}

/** Fields that decide about a call: in other letters some readers take them for the same. */
const deciding = ['model', 'stream', 'n', 'size', 'quality']

/** A form as a request: its fields are what the body of another request says, its files weigh nothing here. */
export const scanForm = (form: Form): RequestScan => {
  const body = fieldsOf(form)
  for (const name in body) {
    const plain = name.toLowerCase()
    if (plain !== name && deciding.includes(plain))
      throw new MalformedBody('request', `The field '${name}' must be written in small letters.`)
  }
  let textBytes = 0
  for (const name in body) textBytes += Buffer.byteLength(body[name] ?? '')
  return {
    body,
    model: body.model,
    stream: body.stream === 'true',
    textBytes,
    user: body.user,
    ...plainRequest,
  }
}

const plainRequest = {
  maxOutputTokens: undefined,
  choices: 1,
  wrong: null,
  includeUsage: false,
  metadata: undefined,
  streamOptions: undefined,
  service: null,
  tools: false,
  images: 0,
  binaryBytes: 0,
  inputTokenIds: 0,
} as const
