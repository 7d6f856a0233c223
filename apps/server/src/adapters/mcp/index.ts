/** Looks at MCP servers with the client that the gateway calls them with. */
import { createMcpClient } from '../../gateway/index.ts'
import type { ListMcpTools } from '../../modules/mcp-servers/index.ts'
import { isPrivateAddress } from '../../modules/providers/index.ts'
import type { Clock } from '../../platform/index.ts'

export const createListMcpTools = ({ now }: { now: Clock }): ListMcpTools => {
  const addresses = { isPrivate: isPrivateAddress }
  const clients = {
    everywhere: createMcpClient({ addresses, allowPrivateTargets: true }),
    outside: createMcpClient({ addresses, allowPrivateTargets: false }),
  }
  return async ({ url, headers, timeoutMs, bytesMax, privateTargets }) => {
    const started = now().getTime()
    const client = privateTargets ? clients.everywhere : clients.outside
    try {
      const looked = await client.look({ url, headers }, { timeoutMs, bytesMax })
      return { ok: true, latencyMs: Math.max(0, now().getTime() - started), ...looked }
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : 'The server cannot be used.' }
    }
  }
}
