/** The door to the network: which requests are the gateway's, and in which dialect each is answered. */
import { Call } from './call.ts'
import type { Calls } from './calls.ts'
import { type CallerDialectId, type ErrorAnswer, wordsOf } from './dialects/index.ts'
import type { CallRequest, CallResponse } from './lane/index.ts'
import { listModels, showModel } from './models-list.ts'
import type { Pipeline } from './pipeline.ts'
import type { Operation } from './providers/index.ts'
import { type RefusalCode, refusal } from './refusal.ts'

type Endpoint = { operation: Operation; dialect: CallerDialectId }

const endpoints = new Map<string, Endpoint>([
  ['/v1/chat/completions', { operation: 'chat', dialect: 'openai' }],
  ['/v1/completions', { operation: 'chat', dialect: 'completions' }],
  ['/v1/embeddings', { operation: 'embeddings', dialect: 'openai' }],
  ['/v1/moderations', { operation: 'moderations', dialect: 'openai' }],
  ['/v1/messages', { operation: 'chat', dialect: 'anthropic' }],
  ['/v1/messages/count_tokens', { operation: 'count_tokens', dialect: 'anthropic' }],
])
const modelsPath = '/v1/models'

/** Whether an address takes calls to models. */
export const isEndpoint = (url: string): boolean => endpoints.has(pathOf(url))

/** How a caller is told that its request broke before it was one; null where the address is not the gateway's. */
export const brokenCall = (
  url: string,
  { code, message }: { code: RefusalCode; message: string },
  requestId: string,
): ErrorAnswer | null => {
  const path = pathOf(url)
  const dialect = endpoints.get(path)?.dialect ?? (isModels(path) ? 'openai' : null)
  return dialect && wordsOf[dialect].errorBody({ ...refusal(code, message), requestId })
}

const isModels = (path: string): boolean => path === modelsPath || path.startsWith(`${modelsPath}/`)

const pathOf = (url: string): string => {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

type Deps = {
  pipeline: Pipeline
  calls: Calls
  now: () => number
  newId: () => string
  onBug: (call: Call, error: unknown) => void
}

/** Takes the requests that are calls to models; answers false for everything else, untouched. */
export const createEdge = ({ pipeline, calls, now, newId, onBug }: Deps) => {
  const callFor = (req: CallRequest, res: CallResponse, endpoint: Endpoint, search: string): Call =>
    new Call({
      id: newId(),
      req,
      res,
      dialect: endpoint.dialect,
      operation: endpoint.operation,
      search,
      at: now(),
    })

  const models = (req: CallRequest, res: CallResponse, path: string) => {
    const dialect = req.headers['anthropic-version'] === undefined ? 'openai' : 'anthropic'
    const call = callFor(req, res, { operation: 'chat', dialect }, '')
    calls.add(call)
    if (req.method !== 'GET' && req.method !== 'HEAD')
      return pipeline.refuse(call, refusal('method.not_allowed', `Use GET for ${modelsPath}.`))
    pipeline.admit(call, () => {
      const { account, holder } = call
      if (account && holder) {
        const name = nameIn(path)
        if (name === null) listModels(call, account, holder, call.at)
        else showModel(call, account, holder, name, call.at)
      }
      call.finished = true
      calls.done(call)
    })
  }

  return (req: CallRequest, res: CallResponse): boolean => {
    const url = req.url ?? ''
    const path = pathOf(url)
    const endpoint = endpoints.get(path)
    if (!endpoint) {
      if (!isModels(path)) return false
      models(req, res, path)
      return true
    }
    const call = callFor(req, res, endpoint, url.slice(path.length))
    if (req.method !== 'POST') {
      pipeline.refuse(call, refusal('method.not_allowed', `Use POST for ${path}.`))
      return true
    }
    try {
      pipeline.start(call)
    } catch (error) {
      onBug(call, error)
    }
    return true
  }
}

/** Names of models may hold slashes, with or without escapes. */
const nameIn = (path: string): string | null => {
  if (path.length <= modelsPath.length + 1) return null
  const name = path.slice(modelsPath.length + 1)
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
