/** The request body: bounded in size, before and after decompression, and in time. */
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import type { Call } from './call.ts'
import type { GatewayConfig } from './config.ts'
import { boundaryOf, takesForm } from './media/index.ts'
import { type Refusal, refusal } from './refusal.ts'

type Options = { maxOutputLength: number }
const inflaters: Record<string, (body: Buffer, options: Options) => Promise<Buffer>> = {
  gzip: promisify<Buffer, Options, Buffer>(gunzip),
  'x-gzip': promisify<Buffer, Options, Buffer>(gunzip),
  deflate: promisify<Buffer, Options, Buffer>(inflate),
  br: promisify<Buffer, Options, Buffer>(brotliDecompress),
}

type Bounds = Pick<GatewayConfig, 'bodyBytesMax' | 'bodyTimeoutMs'>
type Done = (body: Buffer | Refusal) => void

/** Reads the whole body and calls back once, with the bytes or with the reason why not. */
export const readBody = (call: Call, bounds: Bounds, done: Done) => {
  const { req } = call
  const refused = refuseHead(call, bounds)
  if (refused) return done(refused)
  // what nobody here reads is passed on as it is packed
  const encoding = call.operation === 'pass_through' ? 'identity' : (req.headers['content-encoding'] ?? 'identity')
  let first: Buffer | null = null
  let more: Buffer[] | null = null
  let size = 0
  let over = false
  const finish = (result: Buffer | Refusal) => {
    if (over) return
    over = true
    // the request outlives its body: what it refers to must not
    first = null
    more = null
    call.deadlineAt = Number.POSITIVE_INFINITY
    done(result)
  }
  const late = () =>
    finish(refusal('input.too_slow', `The body did not arrive within ${bounds.bodyTimeoutMs / 1000} seconds.`))
  call.deadlineAt = call.startedAt + bounds.bodyTimeoutMs
  call.onDeadline = late
  req.on('data', (piece: Buffer) => {
    size += piece.length
    if (over) return
    if (size > bounds.bodyBytesMax) return finish(tooLarge(bounds))
    if (first === null) first = piece
    else if (more === null) more = [first, piece]
    else more.push(piece)
  })
  req.on('end', () => {
    const body = more === null ? (first ?? Buffer.alloc(0)) : Buffer.concat(more, size)
    if (encoding === 'identity') return finish(body)
    void unpack(body, encoding, bounds).then(finish)
  })
}

const refuseHead = (call: Call, bounds: Bounds): Refusal | null => {
  const { headers } = call.req
  if (call.operation === 'pass_through')
    return Number(headers['content-length'] ?? 0) > bounds.bodyBytesMax ? tooLarge(bounds) : null
  const type = headers['content-type']
  if (takesForm(call.operation)) {
    if (type === undefined || boundaryOf(type) === null)
      return refusal('input.unsupported_type', 'Send the body as multipart/form-data, with a boundary.')
  } else if (type !== undefined && !isJson(type))
    return refusal('input.unsupported_type', `Send the body as application/json, not as '${type.slice(0, 80)}'.`)
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity' && inflaters[encoding] === undefined)
    return refusal(
      'input.unsupported_type',
      `Content-encoding '${encoding.slice(0, 40)}' is not known here; use gzip, deflate, br or none.`,
    )
  return Number(headers['content-length'] ?? 0) > bounds.bodyBytesMax ? tooLarge(bounds) : null
}

const isJson = (type: string): boolean =>
  type === 'application/json' || /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)

const unpack = async (body: Buffer, encoding: string, bounds: Bounds): Promise<Buffer | Refusal> => {
  try {
    return (await inflaters[encoding]?.(body, { maxOutputLength: bounds.bodyBytesMax })) ?? body
  } catch (error) {
    if (
      error instanceof RangeError ||
      (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
    )
      return tooLarge(bounds)
    return refusal('input.malformed', `The body is not valid ${encoding}.`)
  }
}

const tooLarge = ({ bodyBytesMax }: Bounds): Refusal =>
  refusal('input.too_large', `A body has at most ${Math.floor(bodyBytesMax / 1_048_576)} MiB (${bodyBytesMax} bytes).`)
