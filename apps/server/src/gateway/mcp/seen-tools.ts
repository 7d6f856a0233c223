/** What servers said of their tools in lists that passed here: what is not as it was approved is kept from callers. */
import type { SliceMcpServer } from '@cockpit/contract/snapshot'
import { toolStanding } from '@cockpit/policy'
import type { McpPort, SeenTool } from '../ports.ts'

const serversMax = 10_000

export const createSeenTools = (mcp: Pick<McpPort, 'observed'>) => {
  const hashes = new Map<string, Map<string, string>>()
  /** The last list that was told, so that nobody is told the same again and again. */
  const told = new Map<string, string>()

  const tell = (accountId: string, server: SliceMcpServer, tools: readonly SeenTool[]) => {
    const known = new Map(server.tools.map((tool) => [tool.name, tool.hash]))
    const isOther = tools.some(({ name, hash }) => known.get(name) !== hash)
    const list = JSON.stringify(tools.map(({ name, hash }) => [name, hash]))
    if (!isOther || told.get(server.id) === list) return
    told.set(server.id, list)
    mcp.observed({ accountId, serverId: server.id, tools })
  }

  return {
    /** The names in a list that may be used; `isWhole` when the list holds all that the server has. */
    open(accountId: string, server: SliceMcpServer, tools: readonly SeenTool[], isWhole: boolean): Set<string> {
      if (hashes.size > serversMax) hashes.clear()
      const mine = isWhole ? new Map<string, string>() : (hashes.get(server.id) ?? new Map<string, string>())
      for (const { name, hash } of tools) mine.set(name, hash)
      hashes.set(server.id, mine)
      if (isWhole) tell(accountId, server, tools)
      return new Set(
        tools.filter(({ name, hash }) => toolStanding(server, name, hash) === 'open').map(({ name }) => name),
      )
    },
    hashOf: (server: SliceMcpServer, tool: string): string | null => hashes.get(server.id)?.get(tool) ?? null,
  }
}
