/** The door to the network: which requests are the gateway's, and in which dialect each is answered. */
import { Call } from './call.ts'
import type { Calls } from './calls.ts'
import { type ErrorAnswer, wordsOf } from './dialects/index.ts'
import { type Endpoint, endpoints } from './endpoints.ts'
import {
  asksForEvents,
  GoogleResponse,
  googleCallAt,
  googleModelAt,
  googleSurface,
  googleWords,
  isGoogles,
  operationOf,
  takeKey,
} from './google/index.ts'
import type { CallRequest, CallResponse } from './lane/index.ts'
import { listModels, showModel } from './models-list.ts'
import type { Pipeline } from './pipeline.ts'
import { type RefusalCode, refusal } from './refusal.ts'
import type { createStoredEdge } from './stored/index.ts'
import { isForPage, type ThroughAddress, throughAt, withoutKey } from './through/index.ts'

const modelsPath = '/v1/models'

/** Whether an address takes calls to models. */
export const isEndpoint = (url: string): boolean => {
  const path = pathOf(url)
  return endpoints.has(path) || isGoogles(path)
}

/** How a caller is told that its request broke before it was one; null where the address is not the gateway's. */
export const brokenCall = (
  url: string,
  { code, message }: { code: RefusalCode; message: string },
  requestId: string,
): ErrorAnswer | null => {
  const path = pathOf(url)
  const error = { ...refusal(code, message), requestId }
  if (isGoogles(path)) return googleWords.words.errorBody(error)
  const dialect = endpoints.get(path)?.dialect ?? (isModels(path) ? 'openai' : storedDialect(path))
  return dialect && wordsOf[dialect].errorBody(error)
}

const storedDialect = (path: string) =>
  /^\/v1\/messages\/batches(?:\/|$)/.test(path)
    ? 'anthropic'
    : /^\/v1\/(?:files|batches|responses)(?:\/|$)/.test(path)
      ? 'openai'
      : null

const isModels = (path: string): boolean => path === modelsPath || path.startsWith(`${modelsPath}/`)

const pathOf = (url: string): string => {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

type Deps = {
  pipeline: Pipeline
  calls: Calls
  now: () => number
  newId: (at: number) => string
  onBug: (call: Call, error: unknown) => void
  /** Addresses of what is kept for callers; null where nothing is. */
  stored: ReturnType<typeof createStoredEdge> | null
}

/** Takes the requests that are calls to models; answers false for everything else, untouched. */
export const createEdge = ({ pipeline, calls, now, newId, onBug, stored }: Deps) => {
  const callFor = (req: CallRequest, res: CallResponse, endpoint: Endpoint, search: string): Call => {
    const at = now()
    return new Call({
      id: newId(at),
      req,
      res,
      dialect: endpoint.dialect,
      operation: endpoint.operation,
      search,
      ...(endpoint.surface && { surface: endpoint.surface }),
      at,
    })
  }

  const models = (req: CallRequest, res: CallResponse, path: string) => {
    const dialect = req.headers['anthropic-version'] === undefined ? 'openai' : 'anthropic'
    showModels(req, callFor(req, res, { operation: 'chat', dialect }, ''), nameIn(path))
  }

  const showModels = (req: CallRequest, call: Call, name: string | null) => {
    calls.add(call)
    if (req.method !== 'GET' && req.method !== 'HEAD')
      return pipeline.refuse(call, refusal('method.not_allowed', 'Use GET for the list of models.'))
    pipeline.admit(call, () => {
      const { account, holder } = call
      if (account && holder) {
        if (name === null) listModels(call, account, holder, call.at)
        else showModel(call, account, holder, name, call.at)
      }
      call.finished = true
      calls.done(call)
    })
  }

  const begin = (call: Call, path: string) => {
    if (call.req.method !== 'POST') return pipeline.refuse(call, refusal('method.not_allowed', `Use POST for ${path}.`))
    try {
      pipeline.start(call)
    } catch (error) {
      onBug(call, error)
    }
  }

  /** Addresses of Gemini's API; the query ends here, because it may hold the key. */
  const google = (req: CallRequest, res: CallResponse, { path, search }: { path: string; search: string }): boolean => {
    const address = googleCallAt(path)
    const listed = address ? undefined : googleModelAt(path, req.headers['x-goog-api-key'] !== undefined)
    if (!address && !listed) return false
    takeKey(req, search)
    if (listed) {
      showModels(
        req,
        callFor(req, res, { operation: 'chat', dialect: 'openai', surface: googleWords }, ''),
        listed.name,
      )
      return true
    }
    if (!address) return false
    const at = now()
    const id = newId(at)
    const translating = new GoogleResponse(res, { ...address, id })
    const endpoint = {
      operation: operationOf[address.method],
      dialect: 'openai',
      surface: googleSurface(address),
    } as const
    const call = new Call({ id, req, res: translating, ...endpoint, search: '', at })
    if (address.method === 'streamGenerateContent' && !asksForEvents(search))
      pipeline.refuse(call, refusal('input.invalid', 'Streams are events here: add alt=sse to the address.', 'alt'))
    else begin(call, path)
    return true
  }

  /** Paths of a provider's own API. What they are is known once their caller is. */
  const through = (req: CallRequest, res: CallResponse, address: ThroughAddress, search: string): boolean => {
    if (isForPage(req.method, req.headers, search)) return false
    takeKey(req, search)
    const call = callFor(req, res, { operation: 'pass_through', dialect: 'openai' }, withoutKey(search))
    try {
      pipeline.start(call, address)
    } catch (error) {
      onBug(call, error)
    }
    return true
  }

  return (req: CallRequest, res: CallResponse): boolean => {
    const url = req.url ?? ''
    const path = pathOf(url)
    const endpoint = endpoints.get(path)
    if (!endpoint) {
      const address = { path, search: url.slice(path.length) }
      if (google(req, res, address) || stored?.(req, res, address)) return true
      const own = throughAt(path)
      if (own) return through(req, res, own, address.search)
      if (!isModels(path)) return false
      models(req, res, path)
      return true
    }
    begin(callFor(req, res, endpoint, url.slice(path.length)), path)
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
