/** All servers of a caller at `/mcp`: one session with each behind one session with the client. */
import type { SliceMcpServer } from '@cockpit/contract/snapshot'
import type { Call } from '../call.ts'
import { asRecord, asText, isRecord, type Json, parseJson } from '../dialects/index.ts'
import { type Refusal, refusal } from '../refusal.ts'
import { knownVersions, newestVersion, SessionGone, sessionHeaders } from './asking.ts'
import { errorCodes, errorMessage, isRequest, isResponse, type Message, paramsOf, resultMessage } from './messages.ts'
import { splitId, splitTool, splitUri, toClient, toolOf, withUri } from './names.ts'
import { relay } from './relay.ts'
import type { ServerSession, Sessions } from './session.ts'
import { streams } from './streams.ts'
import type { Work } from './work.ts'

type Member = { server: SliceMcpServer; session: ServerSession }
type Routed = Member & { params: Json }

const greetMs = 15_000

const lists = {
  'tools/list': 'tools',
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates',
  'prompts/list': 'prompts',
} as const
type ListMethod = keyof typeof lists
const isList = (method: string | undefined): method is ListMethod => method !== undefined && method in lists

export const createTogether = (work: Work) => {
  const answer = (call: Call, message: Message, result: Json, headers: readonly string[] = []) =>
    work.over(call, () => {
      const body = resultMessage(message.id, result)
      if (call.res.destroyed) return
      const length = ['content-length', String(Buffer.byteLength(body))]
      call.res.writeHead(200, ['content-type', 'application/json', 'x-request-id', call.id, ...headers, ...length])
      call.res.end(body)
    })
  const accept = (call: Call) =>
    work.over(call, () => {
      call.res.writeHead(202, ['x-request-id', call.id, 'content-length', '0'])
      call.res.end()
    })

  const initialize = async (call: Call, message: Message) => {
    const { account, holder } = call
    if (!account || !holder) return
    const params = paramsOf(message)
    const asked = asText(params.protocolVersion) ?? ''
    const version = knownVersions.includes(asked) ? asked : newestVersion
    const client = { clientInfo: asRecord(params.clientInfo), capabilities: asRecord(params.capabilities), version }
    const signal = work.signalFor(call, greetMs)
    const greeted = await Promise.all(
      work.serversOf(call).map(async (server) => {
        const bounds = { signal, bytesMax: server.resultBytesMax }
        const greeting = await work.asking.greet(work.endpoint(server), client, bounds).catch(() => null)
        return greeting && { server, greeting }
      }),
    )
    // one that does not answer must not keep the others away
    const there = greeted.filter((one) => one !== null)
    const sessions = new Map(there.map(({ server, greeting }) => [server.name, greeting.session]))
    const result = {
      protocolVersion: version,
      capabilities: together(there.map(({ greeting }) => greeting.capabilities)),
      serverInfo: { name: 'cockpit', title: 'Cockpit', version: '1' },
    }
    answer(call, message, result, ['mcp-session-id', work.sessions.seal(account.slice.account.id, holder, sessions)])
  }

  const list = async (call: Call, message: Message, method: ListMethod, members: readonly Member[]) => {
    const field = lists[method]
    const signal = work.signalFor(call, Math.max(greetMs, ...members.map(({ server }) => server.timeoutMs)))
    const found = await Promise.all(
      members.map(async ({ server, session }) => {
        const bounds = { signal, bytesMax: server.resultBytesMax }
        const items = await work.asking
          .list(work.endpoint(server), session, { method, field }, bounds)
          .catch((error: unknown) => {
            if (error instanceof SessionGone || signal.aborted) throw error
            return []
          })
        return itemsFor(call, server, method, items)
      }),
    )
    answer(call, message, { [field]: found.flat() })
  }

  const itemsFor = (call: Call, server: SliceMcpServer, method: ListMethod, items: readonly unknown[]): Json[] => {
    const field = lists[method]
    const all = { [field]: items.filter(isRecord) }
    const accountId = call.account?.slice.account.id ?? ''
    const open = method === 'tools/list' ? work.openTools(server, all, true, accountId) : all
    const named = method === 'tools/list' || method === 'prompts/list'
    return (open[field] as Json[]).map((item) =>
      named ? { ...item, name: toolOf(server.name, asText(item.name) ?? '') } : withUri(server.name, item),
    )
  }

  const callTool = async (call: Call, message: Message, { server, session, params }: Routed) => {
    const tool = asText(params.name) ?? ''
    const begun = await work.toolCalls.begin(call, { server, tool, hash: work.seen.hashOf(server, tool) }, params)
    if (call.finished) return
    if ('refused' in begun) return work.refuse(call, message.id, begun.refused, begun.budgetDenied)
    call.attempts = 1
    const from = call.elapsedMs()
    const look = work.lookAtResult(call, message.id)
    await send(call, message, { server, session, params: begun.params }, look, work.toolEnds(call, begun.entry, from))
  }

  const forward = (call: Call, message: Message, to: Routed) => {
    const inspection = work.toolCalls.inspectionFor(call, to.server)
    const look = (came: Message) => (inspection ? work.guarded(call, came, inspection) : came)
    return send(call, message, to, look, (_message, _status, leave) => work.over(call, leave))
  }

  const send = async (
    call: Call,
    message: Message,
    { server, session, params }: Routed,
    look: (message: Message) => Message,
    ends: Parameters<typeof relay>[2]['ends'],
  ) => {
    const signal = work.signalFor(call, server.timeoutMs)
    const accept = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    const came = await work.upstream.ask(work.endpoint(server), {
      ...{ method: 'POST', signal, body: JSON.stringify({ ...message, params }) },
      headers: { ...accept, ...sessionHeaders(session) },
    })
    call.firstByteAt = call.elapsedMs()
    if (came.status === 404) throw new SessionGone()
    if (came.status === 401 || came.status === 403) throw work.refusesCredential(server, came.status)
    await relay(call, came, {
      ...{ bytesMax: server.resultBytesMax, headers: ['x-request-id', call.id], ends },
      look: (one) => toClient(server.name, look(one)),
      isLast: ({ id, method }) => method === undefined && id === message.id,
      eventId: (id) => `${server.name}:${id}`,
    })
  }

  /** What has no answer goes to each of them: whoever it does not concern lets it be. */
  const tellAll = async (call: Call, message: Message, members: readonly Member[]) => {
    const signal = work.signalFor(call, greetMs)
    await Promise.allSettled(
      members.map(({ server, session }) =>
        work.asking.tell(work.endpoint(server), session, message, { signal, bytesMax: server.resultBytesMax }),
      ),
    )
    accept(call)
  }

  const setLevel = async (call: Call, message: Message, members: readonly Member[]) => {
    const signal = work.signalFor(call, greetMs)
    const asked = { method: 'logging/setLevel', params: paramsOf(message) }
    await Promise.allSettled(
      members.map(({ server, session }) =>
        work.asking.question(work.endpoint(server), session, asked, { signal, bytesMax: server.resultBytesMax }),
      ),
    )
    answer(call, message, {})
  }

  const unknown = (call: Call, { id }: Message, why: string) =>
    work.over(call, () => work.sendMessage(call, 200, errorMessage(id, errorCodes.unknownMethod, why)))

  /** A client answers what one of its servers asked. */
  const answerServer = (call: Call, message: Message, members: readonly Member[]) => {
    const named = splitId(message.id)
    const member = members.find(({ server }) => server.name === named?.server)
    return member && named ? tellAll(call, { ...message, id: asIdOf(named.name) }, [member]) : accept(call)
  }

  const toOne = (call: Call, message: Message, members: readonly Member[]): Promise<void> | void => {
    const { method = '' } = message
    const find = targets[method]
    if (!find) return unknown(call, message, `No method '${method}'.`)
    const found = find(paramsOf(message))
    const member = members.find(({ server }) => server.name === found?.server)
    if (!found || !member) return work.refuse(call, message.id, nowhere(method))
    const to = { ...member, params: found.params }
    return method === 'tools/call' ? callTool(call, message, to) : forward(call, message, to)
  }

  const route = (call: Call, message: Message, members: readonly Member[]): Promise<void> | void => {
    const { method } = message
    if (isResponse(message)) return answerServer(call, message, members)
    if (method === 'notifications/initialized') return accept(call)
    if (!isRequest(message)) return tellAll(call, message, members)
    if (method === 'ping') return answer(call, message, {})
    if (method === 'logging/setLevel') return setLevel(call, message, members)
    return isList(method) ? list(call, message, method, members) : toOne(call, message, members)
  }

  const membersOf = (call: Call): Member[] | null => {
    const { account, holder } = call
    const sealed = call.req.headers['mcp-session-id']
    if (typeof sealed !== 'string' || !account || !holder) return null
    const sessions: Sessions | null = work.sessions.open(account.slice.account.id, holder, sealed)
    if (!sessions) return null
    return work.serversOf(call).flatMap((server) => {
      const session = sessions.get(server.name)
      return session ? [{ server, session }] : []
    })
  }

  const within = (call: Call, id: unknown, serve: (members: readonly Member[]) => Promise<void> | void) => {
    const members = membersOf(call)
    if (!members)
      return work.refuse(call, undefined, refusal('mcp_session.not_found', 'There is no such session; begin another.'))
    Promise.resolve()
      .then(() => serve(members))
      .catch((error: unknown) => work.failed(call, error instanceof SessionGone ? undefined : id, null, error))
  }

  return {
    post(call: Call, message: Message): void {
      const { method, id } = message
      if (method === 'initialize')
        initialize(call, message).catch((error: unknown) => work.failed(call, id, null, error))
      else if (method === 'server/discover') unknown(call, message, 'Begin with initialize.')
      else within(call, id, (members) => route(call, message, members))
    },
    listen: (call: Call): void => within(call, undefined, (members) => streams(work, call, members)),
    leave: (call: Call): void =>
      within(call, undefined, async (members) => {
        const signal = work.signalFor(call, greetMs)
        const bounds = { signal, bytesMax: 64 << 10 }
        await Promise.allSettled(
          members.map(({ server, session }) => work.asking.leave(work.endpoint(server), session, bounds)),
        )
        work.over(call, () => {
          call.res.writeHead(200, ['x-request-id', call.id, 'content-length', '0'])
          call.res.end()
        })
      }),
  }
}

const asIdOf = (written: string): string | number | null => {
  const id = parseJson(written)
  return typeof id === 'number' || typeof id === 'string' ? id : null
}

const nowhere = (method: string): Refusal =>
  method === 'tools/call'
    ? { code: 'mcp_tool.not_found', status: 404, message: 'There is no such tool.', retryable: false }
    : { code: 'mcp_server.not_found', status: 404, message: 'No MCP server of this session has it.', retryable: false }

type Target = { server: string; params: Json } | null

const byName = (params: Json): Target => {
  const found = splitTool(asText(params.name) ?? '')
  return found && { server: found.server, params: { ...params, name: found.name } }
}
const byUri = (params: Json): Target => {
  const found = splitUri(asText(params.uri) ?? '')
  return found && { server: found.server, params: { ...params, uri: found.name } }
}
/** Which server a request is for, and what it is called there. */
const targets: Readonly<Record<string, (params: Json) => Target>> = {
  'tools/call': byName,
  'prompts/get': byName,
  'resources/read': byUri,
  'resources/subscribe': byUri,
  'resources/unsubscribe': byUri,
  'completion/complete': (params) => {
    const ref = asRecord(params.ref)
    const found = ref.type === 'ref/resource' ? byUri(ref) : byName(ref)
    return found && { server: found.server, params: { ...params, ref: found.params } }
  },
}

/** What any of them can do. */
const together = (all: readonly Json[]): Json => {
  const sum: Json = {}
  for (const name of ['tools', 'resources', 'prompts', 'logging', 'completions']) {
    const those = all.map((one) => one[name]).filter(isRecord)
    if (those.length > 0) sum[name] = Object.assign({}, ...those.map(flagsOf))
  }
  return sum
}
const flagsOf = (capability: Json): Json =>
  Object.fromEntries(Object.entries(capability).filter(([, on]) => on === true))
