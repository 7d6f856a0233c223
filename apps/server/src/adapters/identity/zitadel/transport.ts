import { z } from 'zod'
import { type GrpcCode, grpcCodes, ZitadelError } from '../../../modules/zitadel/port.ts'
import { reasonOf, type TokenSource } from './token.ts'

export type Call = { path: string; body: unknown }
export type Send = (call: Call) => Promise<unknown>
export type TransportDeps = {
  baseUrl: string
  tokens: TokenSource
  sleep: (ms: number) => Promise<void>
  /** 0 ≤ n < 1 */
  random: () => number
  timeoutMs?: number
}

const attemptsMax = 5
const backoffMs = 200
const retryAfterMaxMs = 10_000
const bytesMax = 8 << 20

/**
 * One call of the management API, as REST or Connect. Every write of this adapter is safe to repeat, so what may have
 * got lost on the way is sent again: too many requests, a service that is away, a connection that broke.
 */
export const createTransport = ({ baseUrl, tokens, sleep, random, timeoutMs = 10_000 }: TransportDeps): Send => {
  const once = async ({ path, body }: Call): Promise<Answer> => {
    const token = await tokens.get()
    try {
      const answer = await fetch(baseUrl + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          'content-type': 'application/json',
          ...(path.startsWith('/zitadel.') && { 'connect-protocol-version': '1' }),
        },
        body: JSON.stringify(body),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text: await textOf(answer) }
    } catch (error) {
      if (error instanceof ZitadelError) throw error
      throw new ZitadelError('unavailable', `Zitadel cannot be reached at ${baseUrl}: ${reasonOf(error)}.`)
    }
  }

  return async (call) => {
    let renewed = false
    for (let attempt = 1; ; attempt++) {
      let retryAfter: string | null = null
      try {
        const answer = await once(call)
        retryAfter = answer.retryAfter
        return judge(answer, call)
      } catch (error) {
        if (!(error instanceof ZitadelError)) throw error
        // a token can be revoked before it expires; a new one is worth one try
        if (error.code === 'unauthenticated' && !renewed) {
          renewed = true
          tokens.drop()
          continue
        }
        if (!(error.code === 'unavailable' || error.code === 'resource_exhausted') || attempt === attemptsMax)
          throw error
        await sleep(waitMs(attempt, retryAfter, random()))
      }
    }
  }
}

type Answer = { status: number; retryAfter: string | null; text: string }

const judge = ({ status, text }: Answer, { path }: Call): unknown => {
  const body = parsed(text)
  if (status >= 200 && status < 300) {
    if (body === undefined)
      throw new ZitadelError('internal', `Zitadel answered ${path} with something that is not JSON.`)
    return body
  }
  const { code, message } = failureOf(status, body)
  if (code === 'unimplemented')
    throw new ZitadelError(code, `This Zitadel does not know ${path}; Cockpit needs version 4.13 or newer.`)
  // the name of the call is enough; its address is long and says no more
  const call = path.startsWith('/zitadel.') ? path.slice(path.lastIndexOf('/') + 1) : path
  throw new ZitadelError(code, `Zitadel refused ${call} (${code}, ${status})${message && `: ${message}`}`)
}

const Rest = z.object({ code: z.number().int(), message: z.string().default('') })
const Connect = z.object({ code: z.string(), message: z.string().default('') })

/** Both error bodies carry the code of gRPC, REST as a number and Connect as a word; only without one HTTP decides. */
const failureOf = (status: number, body: unknown): { code: GrpcCode; message: string } => {
  const connect = Connect.safeParse(body)
  if (connect.success && isCode(connect.data.code))
    return { code: connect.data.code, message: said(connect.data.message) }
  const rest = Rest.safeParse(body)
  const named = rest.success ? codeNames.get(rest.data.code) : undefined
  if (rest.success && named) return { code: named, message: said(rest.data.message) }
  return { code: byStatus[status] ?? (status >= 500 ? 'unavailable' : 'unknown'), message: '' }
}

const isCode = (name: string): name is GrpcCode => name in grpcCodes
const codeNames = new Map(Object.entries(grpcCodes).map(([name, code]) => [code as number, name as GrpcCode]))
const byStatus: Record<number, GrpcCode> = {
  400: 'invalid_argument',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'unimplemented',
  409: 'already_exists',
  429: 'resource_exhausted',
  501: 'unimplemented',
}

const said = (message: string) => message.replace(/\s+/g, ' ').trim().slice(0, 300)

const waitMs = (attempt: number, retryAfter: string | null, random: number): number => {
  const asked = Number(retryAfter) * 1000
  if (retryAfter && asked >= 0) return Math.min(asked, retryAfterMaxMs)
  return backoffMs * 2 ** (attempt - 1) * (0.5 + random)
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const textOf = async (answer: Response): Promise<string> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new ZitadelError('internal', 'Zitadel answered with more than 8 MiB.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
