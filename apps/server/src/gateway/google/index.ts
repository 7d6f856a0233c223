/**
 * Gemini's API in front of every provider. A call in it is made in the hub's dialect, so that limits, guardrails and
 * prices see what they know; only its first and its last step speak Google's language.
 */
import {
  gemini,
  geminiToHubEmbedding,
  geminiToHubRequest,
  type Json,
  parseBody,
  type Words,
} from '../dialects/index.ts'
import type { CallRequest } from '../lane/index.ts'
import type { Operation } from '../providers/index.ts'
import type { GoogleAddress, GoogleMethod } from './address.ts'

export { type GoogleAddress, googleCallAt, googleModelAt, isGoogles } from './address.ts'
export { GoogleResponse } from './response.ts'

/** What speaks for a call whose caller speaks another language than the call is made in. */
export type Surface = {
  readonly id: 'gemini' | 'mcp'
  readonly words: Words
  /** The request in the dialect of the call; throws what cannot be said in it. */
  request(body: Buffer): { body: Buffer; dropped: readonly string[] }
}

export const operationOf: Readonly<Record<GoogleMethod, Operation>> = {
  generateContent: 'chat',
  streamGenerateContent: 'chat',
  countTokens: 'count_tokens',
  embedContent: 'embeddings',
  batchEmbedContents: 'embeddings',
}

/** Speaks where no model is asked: for lists, and for what is refused before it is a call. */
export const googleWords: Surface = { id: 'gemini', words: gemini, request: (body) => ({ body, dropped: [] }) }

export const googleSurface = ({ model, method }: GoogleAddress): Surface => ({
  ...googleWords,
  request(bytes) {
    const { body, dropped } = hubRequestOf(parseBody(bytes), { model, method })
    return { body: Buffer.from(JSON.stringify(body)), dropped }
  },
})

const hubRequestOf = (request: Json, { model, method }: GoogleAddress) => {
  if (operationOf[method] === 'embeddings') return geminiToHubEmbedding(request, { model })
  const whole = method === 'countTokens' ? request.generateContentRequest : undefined
  const asked = typeof whole === 'object' && whole !== null ? { ...whole } : request
  return geminiToHubRequest(asked, { model, stream: method === 'streamGenerateContent' })
}

/** Google's clients send the key in a header of their own, or in the address, where it is taken out before anybody sees it. */
export const takeKey = (req: CallRequest, search: string): void => {
  if (req.headers.authorization !== undefined || req.headers['x-goog-api-key'] !== undefined) return
  const key = new URLSearchParams(search).get('key')
  if (key) req.headers['x-goog-api-key'] = key
}

/** Without it the answer would have to be one list of JSON, which no client of these times asks for. */
export const asksForEvents = (search: string): boolean => new URLSearchParams(search).get('alt') === 'sse'
