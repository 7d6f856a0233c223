/** Which calls must not be made a second time beside themselves. */
import type { Call } from './call.ts'
import { isRecord } from './dialects/index.ts'

/** More comes of it than an answer, or nobody waits for it. */
export const hasEffects = ({ isKept, scan }: Call): boolean => {
  if (isKept || !scan) return true
  const { tools, mcp_servers: servers } = scan.body
  return servers !== undefined || (Array.isArray(tools) && tools.some(isHosted))
}

/** Its provider runs it, which is work that may be seen elsewhere. */
const isHosted = (tool: unknown): boolean =>
  isRecord(tool) && tool.type !== undefined && tool.type !== 'function' && tool.type !== 'custom'
