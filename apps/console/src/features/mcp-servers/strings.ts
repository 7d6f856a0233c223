import type { McpAccess, McpTool } from '@cockpit/contract/mcp-servers'
import { messages } from '../../app/i18n.ts'

export const mcpText = messages('mcpServers', {
  title: 'MCP servers',
  about: 'Servers of tools that clients reach through the gateway, with its keys, limits, guardrails and budgets.',
  connect: 'Connect server',
  noun: 'servers',
  search: 'Search name or address',
  none: 'No MCP server connected',
  noneText:
    'An MCP server offers tools to assistants. Connect one, choose who may use which of its tools, and give clients the address of the gateway instead of its own.',
  back: 'MCP servers',
  name: 'Name',
  titleField: 'Title',
  description: 'Description',
  status: 'Status',
  url: 'Address of the server',
  tools: 'Tools',
  waiting: (count: number) => (count === 1 ? '1 waits' : `${count} wait`),
  price: 'Price of a call',
  access: 'Who may use it',
  everybody: 'Everybody in the account',
  lastCheck: 'Last check',
  never: 'Never checked',
  works: 'Works',
  fails: 'Fails',
  created: 'Connected',
  secret: 'Secret',
  secretIn: (header: string) => `Sent as ${header}`,
  noSecret: 'None',
  newTools: 'New tools',
  newBlock: 'Wait for approval',
  newAllow: 'Are allowed at once',
  timeout: 'Longest call',
  largest: 'Largest answer',
  acts: 'Acts on this server',
  edit: 'Edit',
  check: 'Check now',
  disable: 'Disable',
  enable: 'Enable',
  remove: 'Disconnect',
  required: 'is required',
})

export const stateText: Record<McpTool['state'], string> = messages('mcpToolStates', {
  allowed: 'Allowed',
  blocked: 'Blocked',
  new: 'New',
  changed: 'Changed',
})

export const accessText: Record<McpAccess['type'], string> = messages('mcpAccess', {
  org: 'Org',
  team: 'Team',
  user: 'Person',
  key: 'Key',
  role: 'Role',
})
