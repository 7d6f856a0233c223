/** Tools of MCP servers: who may use which server, which tools are open, and the plan of a call of one. */
import type { AccountSlice, SliceMcpServer } from '@cockpit/contract/snapshot'
import { type Book, ledgerOfSteps } from './book.ts'
import { type Denial, refuse } from './denial.ts'
import { countsSomething, limitsFor } from './limits.ts'
import { type CallPlan, rateScopes, tellGuardrails, traceOf } from './plan.ts'
import { judgePayer } from './plan-payer.ts'
import { judgePrincipal, ownerOf, type Principal } from './principal.ts'
import type { AccountWorld } from './world.ts'

export type ToolPlan = CallPlan & { readonly creditMicros: bigint }

/** How a tool is called where a model's name stands: in the log, and in the scope of a guardrail. */
export const mcpToolName = (server: string, tool: string): string => `mcp/${server}/${tool}`

/** The servers of the account that this principal may use. */
export const mcpServersFor = (account: AccountWorld, principal: Principal): readonly SliceMcpServer[] =>
  (account.slice.mcpServers ?? none).filter((server) => mayUse(account, principal, server))
const none: NonNullable<AccountSlice['mcpServers']> = []

const mayUse = (account: AccountWorld, principal: Principal, { access }: SliceMcpServer): boolean => {
  if (access.length === 0) return true
  const { userId, teamId, orgId } = ownerOf(account, principal)
  const user = userId === null ? undefined : account.users.get(userId)
  const teams = user ? user.teamIds : teamId === null ? [] : [teamId]
  const orgs = teams.map((id) => account.teams.get(id)?.orgId)
  return access.some(({ type, id }) => {
    if (type === 'key') return principal.kind === 'key' && principal.key.id === id
    if (type === 'user') return userId === id
    if (type === 'role') return user?.role === id
    if (type === 'team') return teamId === id || teams.includes(id)
    return orgId === id || orgs.includes(id)
  })
}

/** Whether a tool may be listed and called; `hash` is that of its definition, where it is known. */
export const toolStanding = (
  { tools, newTools }: SliceMcpServer,
  name: string,
  hash: string | null,
): 'open' | 'unknown' | 'changed' | 'blocked' => {
  const known = tools.find((tool) => tool.name === name)
  if (!known || known.state === 'new') return newTools === 'allow' ? 'open' : 'unknown'
  if (known.state !== 'allowed') return known.state
  return hash !== null && hash !== known.hash ? 'changed' : 'open'
}

/** Why this principal may ask nothing at all now: it was revoked, has expired, or whose it is may not call. */
export const callerDenial = (account: AccountWorld, principal: Principal, now: number): Denial | null => {
  const book = ledgerOfSteps(now)
  judgePrincipal(account, principal, ownerOf(account, principal), book, now)
  return book.denied()
}

/**
 * May this principal call this tool, now? As `planCall` for a model: pure, and valid until something it depends on ends.
 * `hash` is that of the tool's definition as its server said it last, null where nobody has asked.
 */
export const planTool = (
  account: AccountWorld,
  principal: Principal,
  { server, tool, hash }: { server: SliceMcpServer; tool: string; hash: string | null },
  now: number,
): ToolPlan => {
  const book = ledgerOfSteps(now)
  const owner = ownerOf(account, principal)
  judgePrincipal(account, principal, owner, book, now)
  book.allow('mcp_server', 'mcp_server.access', `mcp_server ${server.id}`, `May use '${server.name}'`)
  judgeTool(server, tool, hash, book)
  const guardrails = tellGuardrails(account, principal, owner, mcpToolName(server.name, tool), book)
  const budget = judgePayer(account, owner, book)
  const limits = limitsFor({ account, principal, owner, model: null }, [])
  const { creditsFactor: factor, logContent } = account.slice.account
  return {
    trace: traceOf(account, principal, book, { deployments: [], budget: budget.trace }),
    denied: book.denied(),
    validUntil: book.validUntil(),
    ...{ model: null, abilities: 0, price: null, factor, deployments: [], resting: [], cache: null },
    rateScopes: [...rateScopes(account, principal, owner), ...limits].filter(countsSomething),
    ...{ inputCap: null, outputCap: null, caps: null, payer: budget.payer, owner, logContent, guardrails },
    creditMicros: BigInt(server.tools.find(({ name }) => name === tool)?.creditMicros ?? server.creditMicros),
  }
}

const judgeTool = (server: SliceMcpServer, tool: string, hash: string | null, book: Book) => {
  const source = `mcp_server ${server.id}`
  const standing = toolStanding(server, tool, hash)
  const words = {
    unknown: refuse('mcp_tool.not_found', `'${server.name}' has no tool '${tool}' that is approved here.`, null),
    blocked: refuse('mcp_tool.not_allowed', `Tool '${tool}' of '${server.name}' is not allowed here.`, null),
    changed: refuse(
      'mcp_tool.changed',
      `Tool '${tool}' of '${server.name}' is described otherwise than when it was approved; an administrator must look at it.`,
      null,
    ),
  }
  if (standing === 'open') book.allow('mcp_tool', 'mcp_tool.allowed', source, `Tool '${tool}' is allowed`)
  else book.deny('mcp_tool', 'mcp_tool.allowed', source, words[standing])
}
