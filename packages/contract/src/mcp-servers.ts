/** MCP servers whose tools are reached through the gateway: who may use which tool, and what a call costs. */
import { z } from 'zod'
import { id, name, pageOf, routes, searchQuery, timestamp } from './kit.ts'
import { NonNegativeCredits } from './money.ts'

/** How a server is called in addresses and before the names of its tools. */
const ServerName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'has lower-case letters, digits and - only, at most 32, and begins with a letter')
  .meta({ example: 'github' })

/** Whose calls may use a server: of all in an org or team, of a person, with a key, or of people with a role. */
export const McpAccess = z
  .object({ type: z.enum(['org', 'team', 'user', 'key', 'role']), id: z.string().min(1).max(64) })
  .strict()
export type McpAccess = z.infer<typeof McpAccess>

export const McpAuth = z.enum(['none', 'header'])

const settings = {
  name: ServerName,
  title: name,
  description: z.string().trim().max(600).nullable(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .describe('Its address for streamable HTTP'),
  auth: McpAuth.describe('`header`: every request carries the secret'),
  headerName: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a header')
    .describe('Which header carries the secret; an `authorization` without a scheme is sent as Bearer'),
  status: z.enum(['active', 'disabled']),
  newTools: z
    .enum(['block', 'allow'])
    .describe('What happens to a tool that appears later: it waits for approval, or not'),
  pricePerCall: NonNegativeCredits.describe('Credits for a call of a tool that has no price of its own'),
  timeoutMs: z.number().int().min(1_000).max(600_000).describe('The longest a call of a tool may take'),
  resultBytesMax: z
    .number()
    .int()
    .min(1_024)
    .max(32 << 20)
    .describe('The largest answer to a request'),
  access: z.array(McpAccess).max(200).describe('Who may use it; everybody in the account where this is empty'),
}
const secret = z.string().min(1).max(8_000).describe('Never shown again')

export const McpServer = z
  .object({
    id: id('mcp'),
    ...settings,
    hasSecret: z.boolean(),
    tools: z.object({
      allowed: z.number().int(),
      blocked: z.number().int(),
      waiting: z.number().int().describe('New, or changed since they were approved'),
    }),
    checkedAt: timestamp.nullable().describe('When its tools were last listed here'),
    lastError: z.string().nullable().describe('Why that failed'),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'McpServer' })
export type McpServer = z.infer<typeof McpServer>

export const NewMcpServer = z
  .object({
    ...settings,
    title: settings.title.optional().describe('Its name where there is none'),
    description: settings.description.default(null),
    auth: settings.auth.default('none'),
    headerName: settings.headerName.default('authorization'),
    secret: secret.optional(),
    status: settings.status.default('active'),
    newTools: settings.newTools.default('block'),
    pricePerCall: settings.pricePerCall.default('0'),
    timeoutMs: settings.timeoutMs.default(60_000),
    resultBytesMax: settings.resultBytesMax.default(4 << 20),
    access: settings.access.default([]),
  })
  .strict()
  .meta({ id: 'NewMcpServer', example: { name: 'github', url: 'https://mcp.example.com/mcp' } })
export type NewMcpServer = z.output<typeof NewMcpServer>

export const McpServerPatch = z
  .object({ ...settings, secret: secret.nullable() })
  .partial()
  .strict()
  .refine((patch) => Object.keys(patch).length > 0, 'give at least one field to change')
export type McpServerPatch = z.output<typeof McpServerPatch>

/** What a server says a tool is; only what the gateway compares and people read. */
export const McpToolDefinition = z.record(z.string(), z.unknown())

export const McpToolState = z
  .enum(['allowed', 'blocked', 'new', 'changed'])
  .describe('`new` and `changed` tools cannot be called until somebody approves them')

export const McpTool = z
  .object({
    name: z.string(),
    title: z.string().nullable(),
    description: z.string().nullable(),
    state: McpToolState,
    present: z.boolean().describe('Whether the server listed it the last time'),
    pricePerCall: NonNegativeCredits.nullable().describe('Null: as the server says'),
    definition: McpToolDefinition.nullable().describe('As it was approved'),
    seen: McpToolDefinition.describe('As the server says it now'),
    seenAt: timestamp,
  })
  .meta({ id: 'McpTool' })
export type McpTool = z.infer<typeof McpTool>

export const McpToolChange = z
  .object({
    name: z.string().min(1).max(128),
    state: z.enum(['allowed', 'blocked']).optional().describe('`allowed` approves it as the server says it now'),
    pricePerCall: NonNegativeCredits.nullable().optional(),
  })
  .strict()
export type McpToolChange = z.infer<typeof McpToolChange>

export const McpCheck = z
  .object({
    ok: z.boolean(),
    reason: z.string().nullable().describe('Why it failed, in one sentence'),
    latencyMs: z.number().nullable(),
    protocolVersion: z.string().nullable(),
    software: z.string().nullable().describe('What the server calls itself'),
    tools: z.number().int(),
  })
  .meta({ id: 'McpCheck' })
export type McpCheck = z.infer<typeof McpCheck>

const params = z.object({ id: id('mcp') })
const about = { tag: 'MCP', scope: 'account' } as const
const reading = { ...about, permission: 'provider.read' } as const
const managing = { ...about, permission: 'provider.write' } as const

export const mcpServerRoutes = routes({
  list: {
    ...reading,
    method: 'GET',
    path: '/v1/mcp-servers',
    summary: 'List MCP servers',
    query: searchQuery,
    returns: pageOf(McpServer),
  },
  create: {
    ...managing,
    method: 'POST',
    path: '/v1/mcp-servers',
    status: 201,
    summary: 'Connect an MCP server',
    description:
      'Its tools are listed at once, and those that are there then are allowed. A server that does not answer is connected all the same; test it later.',
    stepUp: ['secret'],
    body: NewMcpServer,
    returns: McpServer,
    problems: ['mcp_server.name_taken', 'mcp_server.limit_reached'],
    emits: 'mcp_server.created',
  },
  get: {
    ...reading,
    method: 'GET',
    path: '/v1/mcp-servers/{id}',
    summary: 'Get an MCP server',
    params,
    returns: McpServer,
    problems: ['mcp_server.not_found'],
  },
  update: {
    ...managing,
    method: 'PATCH',
    path: '/v1/mcp-servers/{id}',
    summary: 'Change an MCP server; its secret stays where it is not given',
    stepUp: ['secret'],
    params,
    body: McpServerPatch,
    returns: McpServer,
    problems: ['mcp_server.not_found', 'mcp_server.name_taken'],
    emits: 'mcp_server.updated',
  },
  remove: {
    ...managing,
    method: 'DELETE',
    path: '/v1/mcp-servers/{id}',
    status: 204,
    summary: 'Disconnect an MCP server',
    params,
    returns: z.void(),
    problems: ['mcp_server.not_found'],
    emits: 'mcp_server.deleted',
  },
  check: {
    ...managing,
    method: 'POST',
    path: '/v1/mcp-servers/{id}/check',
    summary: 'Connect to an MCP server and list its tools',
    params,
    returns: McpCheck,
    problems: ['mcp_server.not_found'],
    emits: 'mcp_server.checked',
  },
  tools: {
    ...reading,
    method: 'GET',
    path: '/v1/mcp-servers/{id}/tools',
    summary: 'List the tools of an MCP server',
    params,
    returns: z.object({ items: z.array(McpTool) }),
    problems: ['mcp_server.not_found'],
  },
  setTools: {
    ...managing,
    method: 'PATCH',
    path: '/v1/mcp-servers/{id}/tools',
    summary: 'Allow, block, approve and price tools',
    params,
    body: z.object({ tools: z.array(McpToolChange).min(1).max(1_000) }).strict(),
    returns: z.object({ items: z.array(McpTool) }),
    problems: ['mcp_server.not_found', 'mcp_tool.not_found'],
    emits: 'mcp_server.tools_set',
  },
})
