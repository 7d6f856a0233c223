/** What the gateway must know of a request before it decides: read once, without writing anything anew. */
import type { ServiceTier } from '@cockpit/contract/prices'
import type { CallerDialectId } from './dialect.ts'
import { eachField, setField } from './edit.ts'
import { asCount, asRecord, asText, isRecord, type Json } from './json.ts'
import { imageParts } from './pictures.ts'
import { deciding, skim } from './skim.ts'
import { estimateTokens } from './tokens.ts'
import { MalformedBody } from './untranslatable.ts'
import { serviceOf } from './usage.ts'

export type RequestScan = {
  readonly body: Json
  model: string | undefined
  stream: boolean
  /** The most tokens an answer may have, where the caller says so. */
  maxOutputTokens: number | undefined
  /** How many answers are asked for. */
  choices: number
  /** A field that decides about the call and is not what it must be. */
  wrong: { field: string; why: string } | null
  /** Whether the client itself asked for usage in the stream. */
  includeUsage: boolean
  user: string | undefined
  /** What its caller says about it, as it is written. */
  metadata: unknown
  streamOptions: unknown
  /** How urgently it is asked to be answered, where that may have a price of its own. */
  service: ServiceTier | null
  /** Whether it brings tools for the model to call. */
  tools: boolean
  /** UTF-8 bytes of all text, tool definitions included, without pictures and files. */
  textBytes: number
  images: number
  /** Bytes of base64 in files and sounds; pictures count by number. */
  binaryBytes: number
  /** Embedding input may come as tokens instead of text. */
  inputTokenIds: number
}

/** Below this a parser is as fast. */
const skimBytesMin = 512

/** Reads a request body. Throws `MalformedBody` when it is no JSON object. */
export function scanRequest(bytes: Buffer, dialect: CallerDialectId = 'openai'): RequestScan {
  const skimmed = bytes.length < skimBytesMin ? null : skim(bytes)
  if (!skimmed) return scanParsed(bytes, parseBody(bytes), dialect)
  const { fields, textBytes, tools } = skimmed
  return new Scan(fields, { ...unweighed, textBytes }, { bytes, body: null, tools, odd: null, dialect })
}

function scanParsed(bytes: Buffer, body: Json, dialect: CallerDialectId): RequestScan {
  const weight = { textBytes: 0, images: 0, binaryBytes: 0, inputTokenIds: 0 }
  weigh(body, weight)
  const tools = Array.isArray(body.tools) && body.tools.length > 0
  return new Scan(body, weight, { bytes: none, body, tools, odd: oddField(bytes), dialect })
}

const chatLimits = ['max_completion_tokens', 'max_tokens']

/** Words for the output limit. A dialect that reads one of them must not be told by another what to reserve. */
export const limitFields: Readonly<Record<CallerDialectId, readonly string[]>> = {
  openai: chatLimits,
  anthropic: ['max_tokens'],
  completions: ['max_tokens'],
  responses: ['max_output_tokens'],
}

const costFields = [...chatLimits, 'max_output_tokens', 'n']
const unweighed: Weight = { textBytes: 0, images: 0, binaryBytes: 0, inputTokenIds: 0 }
const none = Buffer.alloc(0)

type Reading = { bytes: Buffer; body: Json | null; tools: boolean; odd: string | null; dialect: CallerDialectId }

/** A class, because one is made for every call, and a long prompt becomes objects only for whoever asks for its `body`. */
class Scan implements RequestScan {
  model: string | undefined
  readonly stream: boolean
  readonly maxOutputTokens: number | undefined
  readonly choices: number
  readonly wrong: RequestScan['wrong']
  readonly includeUsage: boolean
  readonly user: string | undefined
  readonly metadata: unknown
  readonly streamOptions: unknown
  readonly service: ServiceTier | null
  readonly tools: boolean
  readonly textBytes: number
  readonly images: number
  readonly binaryBytes: number
  readonly inputTokenIds: number
  readonly #bytes: Buffer
  #body: Json | null

  constructor(fields: Json, weight: Weight, { bytes, body, tools, odd, dialect }: Reading) {
    this.model = asText(fields.model)
    this.stream = fields.stream === true
    this.maxOutputTokens = largestOf(limitFields[dialect], fields)
    this.choices = Math.max(1, asCount(fields.n) ?? 1)
    this.wrong = wrongIn(fields, odd)
    this.includeUsage = asRecord(fields.stream_options).include_usage === true
    this.user = asText(fields.user) ?? asText(asRecord(fields.metadata).user_id)
    this.metadata = fields.metadata
    this.streamOptions = fields.stream_options
    this.service = fields.service_tier === undefined ? null : (serviceOf(fields.service_tier) ?? null)
    this.tools = tools
    this.textBytes = weight.textBytes
    this.images = weight.images
    this.binaryBytes = weight.binaryBytes
    this.inputTokenIds = weight.inputTokenIds
    this.#bytes = bytes
    this.#body = body
  }

  get body(): Json {
    this.#body ??= parseBody(this.#bytes)
    return this.#body
  }
}

const wrongIn = (fields: Json, odd: string | null): RequestScan['wrong'] => {
  if (odd !== null)
    return { field: odd, why: `'${odd}' stands twice in the request, or is not written in small letters.` }
  for (const field of costFields) {
    const value = fields[field]
    if (value != null && !(Number.isSafeInteger(value) && Number(value) >= 0))
      return { field, why: `'${field}' must be a whole number, 0 or more.` }
  }
  const { stream } = fields
  return stream == null || typeof stream === 'boolean'
    ? null
    : { field: 'stream', why: "'stream' must be true or false." }
}

/**
 * A deciding field that another reader could find elsewhere: written twice, or in letters that some readers take for the
 * same. What is decided here over one model must not be answered by another.
 */
const oddField = (bytes: Buffer): string | null => {
  const seen: string[] = []
  let odd: string | null = null
  eachField(bytes, ({ key }) => {
    // first up, then down: the long s and the Kelvin sign are an s and a k to some
    const plain = key.toUpperCase().toLowerCase()
    if (!deciding.has(plain)) return
    if (plain !== key || seen.includes(key)) odd ??= key
    seen.push(key)
  })
  return odd
}

/** Servers differ in which of two limits they believe. */
const largestOf = (names: readonly string[], fields: Json): number | undefined => {
  let most: number | undefined
  for (const name of names) {
    const said = asCount(fields[name])
    if (said !== undefined && (most === undefined || said > most)) most = said
  }
  return most
}

export function parseBody(bytes: Buffer): Json {
  let body: unknown
  try {
    body = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw new MalformedBody('request', `The body is not valid JSON: ${error instanceof Error ? error.message : ''}`)
  }
  if (!isRecord(body)) throw new MalformedBody('request', 'The body must be a JSON object.')
  return body
}

type Weight = Pick<RequestScan, 'textBytes' | 'images' | 'binaryBytes' | 'inputTokenIds'>

// A stack instead of recursion: how deep a body nests is up to the client, how deep we may call is not.
function weigh(body: Json, weight: Weight): void {
  const stack: unknown[] = [body]
  while (stack.length > 0) {
    const value = stack.pop()
    if (typeof value === 'string') weighText(value, weight)
    else if (Array.isArray(value)) weighList(value, weight, stack)
    else if (isRecord(value)) weighRecord(value, weight, stack)
  }
}

function weighList(list: unknown[], weight: Weight, stack: unknown[]): void {
  if (typeof list[0] === 'number') weight.inputTokenIds += list.length
  else for (const entry of list) stack.push(entry)
}

function weighRecord(record: Json, weight: Weight, stack: unknown[]): void {
  if (imageParts.has(asText(record.type) ?? '')) weight.images++
  for (const [key, value] of Object.entries(record)) {
    if (key === 'data' && typeof value === 'string' && isBinarySource(record)) {
      if (!asText(record.media_type)?.startsWith('image/')) weight.binaryBytes += value.length
    } else if (typeof value === 'string' || typeof value === 'object') {
      weight.textBytes += key.length
      stack.push(value)
    }
  }
}

/** Anthropic's base64 sources name a media type, OpenAI's sounds a format. */
const isBinarySource = (record: Json): boolean =>
  record.type === 'base64' || (record.format !== undefined && record.type === undefined)

function weighText(text: string, weight: Weight): void {
  if (text.startsWith('data:') && text.slice(0, 120).includes(';base64,')) {
    if (!text.startsWith('data:image/')) weight.binaryBytes += text.length
  } else weight.textBytes += Buffer.byteLength(text)
}

const tokensPerImage = 1600
const binaryBytesPerToken = 40

/** How many input tokens a request will cost at most, roughly: the basis of a hold before the call. */
export function estimateInputTokens(scan: Weight): number {
  const files = Math.ceil(scan.binaryBytes / binaryBytesPerToken)
  return estimateTokens(scan.textBytes) + scan.images * tokensPerImage + files + scan.inputTokenIds
}

/** Asks the provider for usage in the stream, keeping the client's other stream options. */
export function withIncludeUsage(bytes: Buffer, scan: RequestScan): Buffer {
  const options = { ...asRecord(scan.streamOptions), include_usage: true }
  return setField(bytes, 'stream_options', JSON.stringify(options))
}
