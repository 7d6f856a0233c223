/** The gateway for MCP: servers of an account behind its keys, limits, guardrails and prices. */
import { readBody } from '../body.ts'
import { Call } from '../call.ts'
import type { Calls } from '../calls.ts'
import type { GatewayConfig } from '../config.ts'
import type { Funds } from '../funds/index.ts'
import type { OutsideChecks } from '../guards/index.ts'
import { shutOut } from '../holder.ts'
import type { CallRequest, CallResponse } from '../lane/index.ts'
import type { Limits } from '../limits.ts'
import type { Pipeline } from '../pipeline.ts'
import type { AddressPort } from '../ports.ts'
import { type Refusal, refusal, refusalOf } from '../refusal.ts'
import { messageIn } from './messages.ts'
import { createSingle } from './single.ts'
import { mcpSurface, metadataPath } from './surface.ts'
import { createTogether } from './together.ts'
import { createToolCalls } from './tool-calls.ts'
import { createMcpUpstream } from './upstream.ts'
import { createWork, type WorkDeps } from './work.ts'

type Deps = Omit<WorkDeps, 'config' | 'upstream' | 'toolCalls'> & {
  addresses: AddressPort
  funds: Funds
  config: GatewayConfig
  pipeline: Pipeline
  calls: Calls
  limits: Limits
  outside: OutsideChecks
  now: () => number
  newId: () => string
  /** Where people and clients reach this installation. */
  publicUrl: string
  /** Identity providers whose tokens are taken. */
  issuers: readonly string[]
}

const mcpPath = '/mcp'

export const createMcp = (deps: Deps) => {
  const { calls, pipeline, config, limits, now, newId, publicUrl, onBug } = deps
  const upstream = createMcpUpstream({ addresses: deps.addresses, allowPrivateTargets: config.allowPrivateTargets })
  const work = createWork({ ...deps, upstream, toolCalls: createToolCalls(deps) })
  const single = createSingle(work)
  const together = createTogether(work)

  const begin = (req: CallRequest, res: CallResponse, path: string): Call => {
    const surface = mcpSurface(publicUrl, path)
    const call = new Call({
      id: newId(),
      req,
      res,
      dialect: 'openai',
      operation: 'mcp.tool',
      search: '',
      surface,
      at: now(),
    })
    calls.add(call)
    call.onGone = () => {
      call.finished = true
      if (call.ticket) limits.settle(call.ticket, 0, now())
      call.ticket = null
      calls.done(call)
    }
    res.on('close', () => {
      if (call.finished) return
      call.gone = true
      call.onGone()
    })
    return call
  }

  const serve = (call: Call, name: string | null) => {
    // calls of models learn it from their plan; here most requests have none
    const denied = shutOut(call, now())
    if (denied) return pipeline.refuse(call, refusalOf(denied))
    const server = name === null ? null : work.serversOf(call).find((one) => one.name === name)
    if (server === undefined) return pipeline.refuse(call, noServer(name ?? ''))
    const { method } = call.req
    if (method === 'GET') return server ? single.listen(call, server) : together.listen(call)
    if (method === 'DELETE') return server ? single.leave(call, server) : together.leave(call)
    if (method !== 'POST') return pipeline.refuse(call, refusal('method.not_allowed', 'Use POST, GET or DELETE.'))
    readBody(call, config, (body) => {
      if (call.finished) return
      if (!Buffer.isBuffer(body)) return pipeline.refuse(call, body)
      call.span('auth', 0)
      try {
        const message = messageIn(body)
        if (typeof message === 'string') return pipeline.refuse(call, refusal('input.malformed', wrong[message]))
        call.bytes = body
        call.requestBytes = body.length
        if (server) single.post(call, server, message)
        else together.post(call, message)
      } catch (error) {
        onBug(call, error)
      }
    })
  }

  return {
    /** Takes a request when it is one of MCP; false leaves it untouched. */
    handle(req: CallRequest, res: CallResponse): boolean {
      const path = (req.url ?? '').split('?')[0] ?? ''
      if (path === metadataPath || path.startsWith(`${metadataPath}${mcpPath}`)) {
        tellMetadata(res, new URL(path.slice(metadataPath.length) || mcpPath, publicUrl).href, deps.issuers)
        return true
      }
      if (path !== mcpPath && !path.startsWith(`${mcpPath}/`)) return false
      const call = begin(req, res, path)
      if (isFromElsewhere(req, publicUrl)) pipeline.refuse(call, fromElsewhere)
      else pipeline.admit(call, () => serve(call, path.slice(mcpPath.length + 1) || null))
      return true
    },
    close: () => upstream.close(),
  }
}

const wrong = {
  malformed: 'Send one message of JSON-RPC 2.0.',
  batch: 'Send one message at a time: batches are no part of the protocol.',
}
const noServer = (name: string): Refusal => ({
  ...{ code: 'mcp_server.not_found', status: 404, retryable: false },
  message: `There is no MCP server '${name.slice(0, 80)}' here, or you may not use it.`,
})
const fromElsewhere = refusal('auth.origin_refused', 'This page may not call MCP servers here.')

/** A name that a page in a browser had point at this machine must not reach it (DNS rebinding). */
const isFromElsewhere = ({ headers }: CallRequest, publicUrl: string): boolean => {
  const { origin } = headers
  if (typeof origin !== 'string') return false
  if (!URL.canParse(origin)) return true
  const { hostname } = new URL(origin)
  return hostname !== new URL(publicUrl).hostname && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

/** RFC 9728. Keys need no authorization server; tokens come from those that are named. */
const tellMetadata = (res: CallResponse, resource: string, issuers: readonly string[]): void => {
  const body = JSON.stringify({
    resource,
    ...(issuers.length > 0 && { authorization_servers: issuers }),
    bearer_methods_supported: ['header'],
    resource_name: 'Cockpit',
  })
  res.writeHead(200, [
    ...['content-type', 'application/json', 'access-control-allow-origin', '*'],
    ...['content-length', String(Buffer.byteLength(body))],
  ])
  res.end(body)
}
