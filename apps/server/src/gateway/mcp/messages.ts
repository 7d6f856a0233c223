/** JSON-RPC as MCP uses it: what one message is, and how the gateway itself answers one. */
import { asRecord, isRecord, type Json, parseJson } from '../dialects/index.ts'
import type { Refusal } from '../refusal.ts'

export type MessageId = string | number
export type Message = Json & {
  method?: string
  id?: MessageId | null
  params?: Json
  result?: unknown
  error?: unknown
}

export const errorCodes = {
  parse: -32700,
  invalid: -32600,
  unknownMethod: -32601,
  params: -32602,
  internal: -32603,
  /** The gateway's own: refused, or its server cannot be reached. */
  refused: -32010,
  upstream: -32011,
} as const

export const isRequest = ({ method, id }: Message): boolean => typeof method === 'string' && isId(id)
export const isResponse = ({ method, id }: Message): boolean => method === undefined && isId(id)
const isId = (id: unknown): id is MessageId => typeof id === 'string' || typeof id === 'number'

/** One message of a body; batches were taken out of the protocol again, and are not taken here. */
export const messageIn = (body: Buffer): Message | 'malformed' | 'batch' => {
  const value = parseJson(body.toString('utf8'))
  if (Array.isArray(value)) return 'batch'
  if (!isRecord(value) || value.jsonrpc !== '2.0') return 'malformed'
  const { method, id, params } = value
  if (method !== undefined && typeof method !== 'string') return 'malformed'
  if (id !== undefined && id !== null && !isId(id)) return 'malformed'
  if (params !== undefined && !isRecord(params)) return 'malformed'
  if (method === undefined && !('result' in value) && !('error' in value)) return 'malformed'
  return value as Message
}

export const paramsOf = ({ params }: Message): Json => asRecord(params)

export const resultMessage = (id: unknown, result: Json): string => JSON.stringify({ jsonrpc: '2.0', id, result })

export const errorMessage = (id: unknown, code: number, message: string, data?: Json): string =>
  JSON.stringify({ jsonrpc: '2.0', id: id ?? null, error: { code, message, ...(data && { data }) } })

/** A refusal as the error of a response. */
export const errorOf = (refused: Refusal, requestId: string): Json => ({
  code: refused.code.startsWith('upstream.') ? errorCodes.upstream : errorCodes.refused,
  message: refused.message,
  data: {
    code: refused.code,
    requestId,
    ...(refused.scope && { scope: refused.scope }),
    ...(refused.renewsAt && { renewsAt: refused.renewsAt }),
    ...(refused.retryAfterSeconds !== undefined && { retryAfterSeconds: refused.retryAfterSeconds }),
  },
})

/** As the answer to a request: the call was understood, so a client shows it instead of breaking off. */
export const refusalMessage = (id: unknown, refused: Refusal, requestId: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id: id ?? null, error: errorOf(refused, requestId) })
