/** The gateway as a client: the handshake with a server, one question at a time, and its whole list of tools. */
import { asRecord, asText, createSseParser, type Json, parseJson } from '../dialects/index.ts'
import type { SeenTool } from '../ports.ts'
import { toolsIn } from './definition.ts'
import { type Message, messageIn } from './messages.ts'
import type { ServerSession } from './session.ts'
import { type Answer, type Endpoint, isEventStream, type McpUpstream, readAll, Unreachable } from './upstream.ts'

export const newestVersion = '2025-11-25'
/** Versions that begin with a handshake; those of a single server are its own matter. */
export const knownVersions: readonly string[] = [newestVersion, '2025-06-18', '2025-03-26']

export type Bounds = { signal: AbortSignal; bytesMax: number }
type Greeting = { session: ServerSession; capabilities: Json; serverInfo: Json }

/** A session that its server no longer knows. */
export class SessionGone extends Error {}
/** The server answered with an error of JSON-RPC, which may be told. */
export class Refused extends Error {
  readonly code: number
  readonly data: unknown
  constructor({ code, message, data }: Json) {
    super(asText(message) ?? 'The server refused.')
    this.code = typeof code === 'number' ? code : -32603
    this.data = data
  }
}

const pagesMax = 50

export const sessionHeaders = ({ id, version }: ServerSession): Record<string, string> => ({
  ...(id !== null && { 'mcp-session-id': id }),
  ...(version !== null && { 'mcp-protocol-version': version }),
})

const jsonHeaders = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

export const createAsking = (upstream: McpUpstream) => {
  let asked = 0

  const post = (endpoint: Endpoint, session: ServerSession, message: Json, { signal }: Bounds) =>
    upstream.ask(endpoint, {
      ...{ method: 'POST', signal, body: JSON.stringify({ jsonrpc: '2.0', ...message }) },
      headers: { ...jsonHeaders, ...sessionHeaders(session) },
    })

  /** Sends what has no answer. */
  const tell = async (endpoint: Endpoint, session: ServerSession, message: Json, bounds: Bounds): Promise<void> => {
    const answer = await post(endpoint, session, message, bounds)
    await readAll(answer, 64 << 10)
  }

  const question = async (
    endpoint: Endpoint,
    session: ServerSession,
    { method, params }: { method: string; params: Json },
    bounds: Bounds,
  ): Promise<{ result: Json; answer: Answer }> => {
    // the session may be a client's, whose own requests must not be answered by this one
    const id = `cockpit-${++asked}`
    const answer = await post(endpoint, session, { id, method, params }, bounds)
    if (answer.status === 404 && session.id !== null) {
      await readAll(answer, bounds.bytesMax)
      throw new SessionGone()
    }
    const found = await responseIn(answer, id, bounds.bytesMax)
    if (found === null) throw new Unreachable(`it answered ${answer.status}`)
    if (found.error !== undefined) throw new Refused(asRecord(found.error))
    return { result: asRecord(found.result), answer }
  }

  const greet = async (
    endpoint: Endpoint,
    { clientInfo, capabilities, version = newestVersion }: { clientInfo: Json; capabilities: Json; version?: string },
    bounds: Bounds,
  ): Promise<Greeting> => {
    const params = { protocolVersion: version, capabilities, clientInfo }
    const { result, answer } = await question(endpoint, noSession, { method: 'initialize', params }, bounds)
    const id = answer.headers['mcp-session-id']
    const session = { id: typeof id === 'string' ? id : null, version: asText(result.protocolVersion) ?? null }
    await tell(endpoint, session, { method: 'notifications/initialized' }, bounds)
    return { session, capabilities: asRecord(result.capabilities), serverInfo: asRecord(result.serverInfo) }
  }

  /** All pages of a list. */
  const list = async (
    endpoint: Endpoint,
    session: ServerSession,
    { method, field }: { method: string; field: string },
    bounds: Bounds,
  ): Promise<unknown[]> => {
    const all: unknown[] = []
    let cursor: string | undefined
    for (let page = 0; page < pagesMax; page++) {
      const params = cursor === undefined ? {} : { cursor }
      const { result } = await question(endpoint, session, { method, params }, bounds)
      if (Array.isArray(result[field])) all.push(...result[field])
      cursor = asText(result.nextCursor)
      if (cursor === undefined) break
    }
    return all
  }

  const tools = async (endpoint: Endpoint, session: ServerSession, bounds: Bounds): Promise<SeenTool[]> =>
    toolsIn({ tools: await list(endpoint, session, { method: 'tools/list', field: 'tools' }, bounds) })

  return {
    tell,
    greet,
    list,
    tools,
    question: async (...asked: Parameters<typeof question>): Promise<Json> => (await question(...asked)).result,
    /** Ends a session that nobody needs any longer; many servers have no word for it. */
    async leave(endpoint: Endpoint, session: ServerSession, { signal }: Bounds): Promise<void> {
      if (session.id === null) return
      const answer = await upstream.ask(endpoint, { method: 'DELETE', headers: sessionHeaders(session), signal })
      await readAll(answer, 64 << 10)
    },
  }
}
export type McpAsking = ReturnType<typeof createAsking>

export const noSession: ServerSession = { id: null, version: null }

/** The response to one request, in whichever of the two ways it comes. */
const responseIn = async (answer: Answer, id: string, bytesMax: number): Promise<Message | null> => {
  if (!isEventStream(answer)) {
    const message = messageIn(await readAll(answer, bytesMax))
    return typeof message === 'object' && ('result' in message || 'error' in message) ? message : null
  }
  const parser = createSseParser({ eventBytesMax: bytesMax })
  for await (const piece of answer.body)
    for (const { data } of parser.push(piece)) {
      const message = asRecord(parseJson(data)) as Message
      if (message.id !== id || message.method !== undefined) continue
      answer.body.destroy()
      return message
    }
  return null
}
