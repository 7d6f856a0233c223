/** What every request of MCP has in common: its caller's servers, how it ends, and what is said when a server fails. */
import type { SliceMcpServer } from '@cockpit/contract/snapshot'
import { Inspection, mcpServersFor } from '@cockpit/policy'
import type { Call } from '../call.ts'
import type { Calls } from '../calls.ts'
import type { GatewayConfig } from '../config.ts'
import { asRecord, asText, isRecord, type Json } from '../dialects/index.ts'
import { blockedRefusal } from '../guards/index.ts'
import { principalOf } from '../holder.ts'
import type { McpPort, SecretPort } from '../ports.ts'
import { type Refusal, refusal } from '../refusal.ts'
import type { Settle } from '../settle.ts'
import { createAsking, Refused, SessionGone } from './asking.ts'
import { toolsIn } from './definition.ts'
import { inspectResult } from './inspect.ts'
import { errorMessage, errorOf, type Message, refusalMessage } from './messages.ts'
import { createSeenTools } from './seen-tools.ts'
import { createSessions } from './session.ts'
import type { ToolCalls, ToolEntry } from './tool-calls.ts'
import { endpointOf, type McpUpstream, Unreachable } from './upstream.ts'

export type WorkDeps = {
  upstream: McpUpstream
  secrets: SecretPort
  mcp: McpPort
  toolCalls: ToolCalls
  calls: Calls
  settle: Settle
  config: Pick<GatewayConfig, 'contentBytesMax'>
  onBug: (call: Call, error: unknown) => void
}

const jsonType = ['content-type', 'application/json; charset=utf-8']

export const createWork = (deps: WorkDeps) => {
  const { upstream, secrets, mcp, toolCalls, calls, settle } = deps
  const asking = createAsking(upstream)
  const sessions = createSessions({ secrets, mcp })
  const seen = createSeenTools(mcp)

  /** A request that is no call of a tool leaves no record. */
  const over = (call: Call, answer: () => void): void => {
    if (call.finished) return
    call.finished = true
    call.deadlineAt = Number.POSITIVE_INFINITY
    answer()
    calls.done(call)
  }

  const sendMessage = (call: Call, status: number, body: string): void => {
    const { res } = call
    if (res.destroyed) return
    if (res.headersSent) {
      res.end(`data: ${body}\n\n`)
      return
    }
    res.writeHead(status, [...jsonType, 'x-request-id', call.id, 'content-length', String(Buffer.byteLength(body))])
    res.end(body)
  }

  /** Ends a request with a refusal: on record where it is the call of a tool. */
  const refuse = (call: Call, id: unknown, refused: Refusal, budgetDenied?: { nodeId: string; need: bigint }): void => {
    const answer = () =>
      sendMessage(call, id === undefined ? refused.status : 200, refusalMessage(id, refused, call.id))
    if (call.entry === null) {
      over(call, answer)
      return
    }
    const failed = refused.code.startsWith('upstream.')
    settle(
      call,
      {
        status: call.gone ? 'cancelled' : failed ? 'error' : 'denied',
        httpStatus: refused.status,
        errorCode: refused.code,
        errorMessage: refused.message,
        ...{ usage: null, deployment: null },
        // who hangs up after the server was asked has had it work
        creditMicros: call.gone && call.attempts > 0 ? (call.hold?.amount ?? 0n) : 0n,
        ...(budgetDenied && { budgetDenied }),
      },
      answer,
    )
  }

  const failureOf = (call: Call, server: SliceMcpServer | null, error: unknown): Refusal | null => {
    if (call.revoked) return call.revoked
    const named = server ? `MCP server '${server.name}'` : 'The MCP server'
    if (error instanceof Unreachable) return unreachable(`${named} cannot be used: ${error.message}.`)
    if (error instanceof SessionGone) return refusal('mcp_session.not_found', `${named} no longer knows this session.`)
    if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'))
      return refusal('upstream.timeout', `${named} did not answer in time.`)
    return null
  }

  /** A result after guardrails looked at it; an error in its place where it must not go on. */
  const guarded = (call: Call, message: Message, inspection: Inspection): Message => {
    if (!isRecord(message.result)) return message
    const after = inspectResult(message.result, inspection)
    if (inspection.blockedBy)
      return { ...message, result: undefined, error: errorOf(blockedRefusal(inspection.blockedBy), call.id) }
    return after === message.result ? message : { ...message, result: after }
  }

  return {
    ...{ asking, sessions, seen, upstream, toolCalls, settle, over, refuse, sendMessage },
    serversOf: ({ account, holder }: Call): readonly SliceMcpServer[] =>
      account && holder ? mcpServersFor(account, principalOf(holder)) : [],
    endpoint: (server: SliceMcpServer) => endpointOf(server, secrets),

    /** Ends when its time is up, when its caller hangs up, or when its holder may call no more. */
    signalFor(call: Call, timeoutMs: number | null): AbortSignal {
      const controller = new AbortController()
      const abort = () => controller.abort()
      call.onDeadline = abort
      call.onGone = abort
      call.deadlineAt = timeoutMs === null ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs
      return controller.signal
    },

    /** Whatever went wrong while a request was served. */
    failed(call: Call, id: unknown, server: SliceMcpServer | null, error: unknown): void {
      if (call.finished) return
      const refused = failureOf(call, server, error)
      if (error instanceof Refused)
        over(call, () => sendMessage(call, 200, errorMessage(id, error.code, error.message)))
      else if (refused) refuse(call, id, refused)
      else deps.onBug(call, error)
    },

    /** A list of tools as its caller may see it. */
    openTools(server: SliceMcpServer, result: Json, isWhole: boolean, accountId: string): Json {
      const tools = toolsIn(result)
      const open = seen.open(accountId, server, tools, isWhole)
      if (Array.isArray(result.tools) && open.size === result.tools.length) return result
      return {
        ...result,
        tools: Array.isArray(result.tools) ? result.tools.filter((tool) => open.has(String(tool?.name))) : [],
      }
    },

    guarded,
    refusesCredential: (server: SliceMcpServer, status: number) =>
      new Unreachable(`${server.name} refuses the credential it is called with (${status})`),

    /** What the result of a tool passes before it leaves; null where nobody has to read it but to see that it came. */
    lookAtResult(call: Call, id: unknown): (message: Message) => Message {
      const guard = call.entry?.guard
      if (!guard?.tool_results) return (message) => message
      return (message) => {
        if (message.method !== undefined || message.id !== id) return message
        const from = call.elapsedMs()
        const inspection = new Inspection(guard, { cutAtBlock: false })
        call.inspections = [...(call.inspections ?? []), inspection]
        const after = guarded(call, message, inspection)
        call.span('guardrails of the answer', from, null, inspection.blockedBy === null)
        return after
      }
    },

    /** The end of a call of a tool: it costs its price where its server answered with a result. */
    toolEnds:
      (call: Call, { plan }: ToolEntry, from: number) =>
      (message: Message | null, status: number, leave: () => void): void => {
        call.span('mcp server', from, null, message?.error === undefined)
        if (plan.logContent && message)
          call.answerText = [Buffer.from(JSON.stringify(message)).subarray(0, deps.config.contentBytesMax)]
        const outcome = outcomeOf(message, status)
        const isOver = asRecord(message?.result).resultType !== 'input_required'
        const answered = outcome.status === 'ok' || outcome.errorCode === 'guardrail.blocked'
        const creditMicros = answered && isOver ? plan.creditMicros : 0n
        settle(call, { ...outcome, usage: null, deployment: null, creditMicros }, leave)
      },
  }
}
export type Work = ReturnType<typeof createWork>

/** A stream may break off where its rest can be fetched later; what was asked of the server was done all the same. */
const outcomeOf = (message: Message | null, httpStatus: number) => {
  const ok = { status: 'ok', httpStatus, errorCode: null, errorMessage: null } as const
  if (message === null && httpStatus < 400) return ok
  if (message !== null && message.error === undefined) return ok
  const { code, data, message: said } = asRecord(message?.error)
  const own = asText(asRecord(data).code)
  return {
    status: own === 'guardrail.blocked' ? ('denied' as const) : ('error' as const),
    httpStatus,
    errorCode: own ?? 'upstream.rejected',
    errorMessage: asText(said) ?? `The MCP server answered ${code ?? httpStatus}.`,
  }
}

export const unreachable = (message: string): Refusal => ({
  ...{ code: 'upstream.unreachable', status: 502, message, retryable: true },
})
