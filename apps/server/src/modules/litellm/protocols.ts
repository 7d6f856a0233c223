import { accountRoutes } from '@cockpit/contract/accounts'
import { isRecord } from '@cockpit/contract/litellm'
import type { Log, Protocol, ProtocolAnswer, ProtocolRequest } from '../../platform/index.ts'
import { type Ask, createAsk, Refused, type Send } from './ask.ts'
import type { Acts } from './call.ts'
import { healthActs } from './health.ts'
import { keyActs } from './keys.ts'
import { modelActs } from './models.ts'
import { spendActs } from './spend.ts'
import { teamActs } from './teams.ts'
import { userActs } from './users.ts'

type Deps = { send: Send; now: () => Date; log: Log }

const acts: Acts = { ...keyActs, ...teamActs, ...userActs, ...modelActs, ...spendActs, ...healthActs }
/** Every route, as `METHOD /path`. */
export const liteLlmLines: readonly string[] = Object.keys(acts)
const prefixes = ['/key', '/team', '/user', '/model', '/v1/model', '/spend', '/global', '/health'] as const

export const createLiteLlmProtocols = ({ send, now, log }: Deps): Protocol[] => {
  const table = Object.entries(acts).map(([line, act]) => {
    const [method = '', path = ''] = line.split(' ')
    const pattern = new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)
    return { method, pattern, act }
  })
  const serve = async (prefix: string, request: ProtocolRequest): Promise<ProtocolAnswer> => {
    const path = prefix + request.path.replace(/\/$/, '')
    const at = table.filter(({ pattern }) => pattern.test(path))
    const found = at.find(({ method }) => method === request.method)
    if (!found)
      throw new Refused(at.length > 0 ? 405 : 404, 'not_found', `${request.method} ${path} is not answered here.`)
    const bearer = bearerOf(request.headers)
    const ask = createAsk(send, { headers: ownHeaders(request, bearer), ip: request.ip, onlyAccount })
    const named = found.pattern.exec(path)?.groups ?? {}
    const body = isRecord(request.body) ? request.body : {}
    const input = { ...request.query, ...body, ...named }
    return answer(200, await found.act({ ask, input, now: now() }))
  }
  return prefixes.map((prefix) => ({
    prefix,
    types: ['application/json'],
    async handle(request) {
      try {
        return await serve(prefix, request)
      } catch (error) {
        if (error instanceof Refused) return refusal(error)
        log.error({ err: error, requestId: request.requestId }, 'a route of LiteLLM failed')
        return refusal(
          new Refused(500, 'internal.error', `Something went wrong; the log tells more about ${request.requestId}.`),
        )
      }
    },
    failed: ({ status, detail }) => refusal(new Refused(status, 'input.invalid', detail)),
  }))
}

/** The headers in which clients of LiteLLM send a key. A cookie is none of them: a page of another site could send it. */
const bearerOf = (headers: ProtocolRequest['headers']): string | null => {
  const key = headers.authorization ?? headers['x-litellm-api-key'] ?? headers['x-api-key'] ?? headers['api-key']
  return key?.replace(/^bearer +/i, '').trim() || null
}

const ownHeaders = ({ headers, userAgent }: ProtocolRequest, bearer: string | null) => ({
  ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
  ...(userAgent !== null && { 'user-agent': userAgent }),
  ...(headers['x-account-id'] !== undefined && { 'x-account-id': headers['x-account-id'] }),
})

const onlyAccount = async (ask: Ask): Promise<string | null> => {
  const { items, total } = await ask(accountRoutes.list, { query: { limit: 1 } })
  return total === 1 ? (items[0]?.id ?? null) : null
}

const answer = (status: number, body: unknown): ProtocolAnswer => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
})

/** Errors as LiteLLM has them: its clients read `error.message`. */
const refusal = ({ status, code, message }: Refused) =>
  answer(status, { error: { message, type: code, param: null, code: String(status) } })
