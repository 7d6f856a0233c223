import type { McpTool } from '@cockpit/contract/mcp-servers'
import type { ListedTool } from './port.ts'

/** A tool as it is stored: what was approved of it, and what its server said the last time. */
export type StoredTool = {
  name: string
  hash: string | null
  definition: Record<string, unknown> | null
  allowed: boolean
  priceMicros: bigint | null
  seenHash: string
  seen: Record<string, unknown>
  present: boolean
  seenAt: Date
}

/** The associated data a server's secret is sealed with: a value moved to another row does not open. */
export const secretContext = (accountId: string, id: string) => `${accountId}|${id}|mcp-secret`

export const stateOf = ({
  hash,
  seenHash,
  allowed,
}: Pick<StoredTool, 'hash' | 'seenHash' | 'allowed'>): McpTool['state'] => {
  if (hash === null) return 'new'
  if (!allowed) return 'blocked'
  return hash === seenHash ? 'allowed' : 'changed'
}

/** What is stored of tools after their server was listed; only those that are another now. */
export const afterListing = (
  known: readonly StoredTool[],
  listed: readonly ListedTool[],
  { approves, at }: { approves: boolean; at: Date },
): { tools: StoredTool[]; changed: string[]; appeared: string[] } => {
  const before = new Map(known.map((tool) => [tool.name, tool]))
  const now = new Map(listed.map((tool) => [tool.name, tool]))
  const tools: StoredTool[] = []
  const changed: string[] = []
  const appeared: string[] = []
  for (const { name, hash, definition } of now.values()) {
    const tool = before.get(name)
    if (!tool) {
      appeared.push(name)
      const approved = approves ? { hash, definition, allowed: true } : { hash: null, definition: null, allowed: false }
      tools.push({ name, ...approved, priceMicros: null, seenHash: hash, seen: definition, present: true, seenAt: at })
    } else if (tool.seenHash !== hash || !tool.present) {
      if (tool.hash !== null && tool.hash !== hash && tool.seenHash !== hash) changed.push(name)
      tools.push({ ...tool, seenHash: hash, seen: definition, present: true, seenAt: at })
    }
  }
  for (const tool of known) if (tool.present && !now.has(tool.name)) tools.push({ ...tool, present: false })
  return { tools, changed, appeared }
}

/** The header that carries a secret; where it is `authorization` and no scheme is given, a bearer token. */
export const headersWith = (headerName: string, secret: string | null): Record<string, string> => {
  if (secret === null) return {}
  const isBare = headerName.toLowerCase() === 'authorization' && !secret.includes(' ')
  return { [headerName.toLowerCase()]: isBare ? `Bearer ${secret}` : secret }
}
