/** One server at `/mcp/{name}`: whatever the protocol has passes, in whichever version the two sides speak. */
import type { SliceMcpServer } from '@cockpit/contract/snapshot'
import type { Inspection } from '@cockpit/policy'
import type { Call } from '../call.ts'
import { asRecord, asText } from '../dialects/index.ts'
import { refusal } from '../refusal.ts'
import { noSession } from './asking.ts'
import { isRequest, type Message, paramsOf } from './messages.ts'
import { relay, type Way } from './relay.ts'
import type { ServerSession } from './session.ts'
import { type Answer, readAll } from './upstream.ts'
import { unreachable, type Work } from './work.ts'

/** What a client says to a server in headers. */
const passed = ['accept', 'content-type', 'mcp-protocol-version', 'last-event-id', 'mcp-method', 'mcp-name']

export const createSingle = (work: Work) => {
  /** Undefined for a session that is not this caller's. */
  const sessionOf = (call: Call, server: SliceMcpServer): ServerSession | undefined => {
    const { account, holder } = call
    const sealed = call.req.headers['mcp-session-id']
    if (typeof sealed !== 'string' || !account || !holder) return noSession
    return work.sessions.open(account.slice.account.id, holder, sealed)?.get(server.name)
  }

  const headersOf = ({ req }: Call, session: ServerSession): Record<string, string> => {
    const headers: Record<string, string> = session.id === null ? {} : { 'mcp-session-id': session.id }
    for (const [name, value] of Object.entries(req.headers))
      if (typeof value === 'string' && (passed.includes(name) || name.startsWith('mcp-param-'))) headers[name] = value
    return headers
  }

  const headersBack = (call: Call, server: SliceMcpServer, { headers }: Answer): string[] => {
    const { account, holder } = call
    const id = headers['mcp-session-id']
    if (typeof id !== 'string' || !account || !holder) return ['x-request-id', call.id]
    const session = new Map([[server.name, { id, version: null }]])
    return ['x-request-id', call.id, 'mcp-session-id', work.sessions.seal(account.slice.account.id, holder, session)]
  }

  /** A server that does not take the gateway's credential must not make its client sign in again. */
  const wrongAnswer = (server: SliceMcpServer, { status }: Answer) => {
    if (status === 401 || status === 403)
      return unreachable(`MCP server '${server.name}' refuses the credential it is called with (${status}).`)
    if (status >= 300 && status < 400)
      return unreachable(`MCP server '${server.name}' redirects, which is not followed.`)
    return null
  }

  const callTool = async (call: Call, server: SliceMcpServer, session: ServerSession, message: Message) => {
    const tool = asText(paramsOf(message).name) ?? ''
    const hash = work.seen.hashOf(server, tool)
    const begun = await work.toolCalls.begin(call, { server, tool, hash }, paramsOf(message))
    if (call.finished) return
    if ('refused' in begun) return work.refuse(call, message.id, begun.refused, begun.budgetDenied)
    const isSame = begun.params === message.params
    const signal = work.signalFor(call, server.timeoutMs)
    call.attempts = 1
    const from = call.elapsedMs()
    const answer = await work.upstream.ask(work.endpoint(server), {
      ...{ method: 'POST', headers: headersOf(call, session), signal },
      body: isSame && call.bytes ? call.bytes : JSON.stringify({ ...message, params: begun.params }),
    })
    call.firstByteAt = call.elapsedMs()
    const wrong = wrongAnswer(server, answer)
    if (wrong) return refuseAnswer(call, message, answer, wrong)
    await relay(call, answer, {
      bytesMax: server.resultBytesMax,
      headers: headersBack(call, server, answer),
      look: work.lookAtResult(call, message.id),
      isLast: ({ id, method }) => method === undefined && id === message.id,
      ends: work.toolEnds(call, begun.entry, from),
    })
  }

  const refuseAnswer = async (call: Call, { id }: Message, answer: Answer, wrong: ReturnType<typeof unreachable>) => {
    await readAll(answer, 64 << 10)
    work.refuse(call, id, wrong)
  }

  const pass = async (call: Call, server: SliceMcpServer, session: ServerSession, message: Message) => {
    const listens = message.method === 'subscriptions/listen'
    const signal = work.signalFor(call, listens ? null : server.timeoutMs)
    const answer = await work.upstream.ask(work.endpoint(server), {
      ...{ method: 'POST', headers: headersOf(call, session), signal },
      body: call.bytes ?? '',
    })
    const wrong = wrongAnswer(server, answer)
    if (wrong) return refuseAnswer(call, message, answer, wrong)
    await relay(call, answer, {
      bytesMax: server.resultBytesMax,
      headers: headersBack(call, server, answer),
      look: lookFor(call, server, message),
      isLast: ({ id, method }) => isRequest(message) && method === undefined && id === message.id,
      ends: (_message, _status, leave) => work.over(call, leave),
    })
  }

  const lookFor = (call: Call, server: SliceMcpServer, asked: Message): Way['look'] => {
    if (asked.method === 'tools/list')
      return (message) => {
        if (message.id !== asked.id || message.result === undefined) return message
        const result = asRecord(message.result)
        const isWhole = paramsOf(asked).cursor === undefined && result.nextCursor === undefined
        const open = work.openTools(server, result, isWhole, call.account?.slice.account.id ?? '')
        return open === result ? message : { ...message, result: open }
      }
    const inspection = work.toolCalls.inspectionFor(call, server)
    return inspection && ((message) => work.guarded(call, message, inspection))
  }

  /** Whatever a server has to say by itself, and the rest of a stream that broke off. */
  const listen = async (call: Call, server: SliceMcpServer, session: ServerSession) => {
    const signal = work.signalFor(call, null)
    const answer = await work.upstream.ask(work.endpoint(server), {
      ...{ method: 'GET', headers: headersOf(call, session), signal },
    })
    const wrong = wrongAnswer(server, answer)
    if (wrong) return refuseAnswer(call, {}, answer, wrong)
    await relay(call, answer, {
      bytesMax: server.resultBytesMax,
      headers: headersBack(call, server, answer),
      look: guardEach(call, work.toolCalls.inspectionFor(call, server)),
      isLast: () => false,
      ends: (_message, _status, leave) => work.over(call, leave),
    })
  }

  const guardEach = (call: Call, inspection: Inspection | null): Way['look'] =>
    inspection && ((message) => work.guarded(call, message, inspection))

  const leave = async (call: Call, server: SliceMcpServer, session: ServerSession) => {
    const answer = await work.upstream.ask(work.endpoint(server), {
      ...{ method: 'DELETE', headers: headersOf(call, session), signal: work.signalFor(call, server.timeoutMs) },
    })
    const wrong = wrongAnswer(server, answer)
    if (wrong) return refuseAnswer(call, {}, answer, wrong)
    await relay(call, answer, {
      ...{ bytesMax: 64 << 10, headers: ['x-request-id', call.id], look: null, isLast: () => false },
      ends: (_message, _status, leave) => work.over(call, leave),
    })
  }

  const within = (
    call: Call,
    id: unknown,
    server: SliceMcpServer,
    serve: (session: ServerSession) => Promise<void>,
  ) => {
    const session = sessionOf(call, server)
    if (session === undefined)
      return work.refuse(call, undefined, refusal('mcp_session.not_found', 'There is no such session; begin another.'))
    serve(session).catch((error: unknown) => work.failed(call, id, server, error))
  }

  return {
    post: (call: Call, server: SliceMcpServer, message: Message): void =>
      within(call, message.id, server, (session) =>
        message.method === 'tools/call' && isRequest(message)
          ? callTool(call, server, session, message)
          : pass(call, server, session, message),
      ),
    listen: (call: Call, server: SliceMcpServer): void =>
      within(call, undefined, server, (session) => listen(call, server, session)),
    leave: (call: Call, server: SliceMcpServer): void =>
      within(call, undefined, server, (session) => leave(call, server, session)),
  }
}

export type Single = ReturnType<typeof createSingle>
