import type { McpTool } from '@cockpit/contract/mcp-servers'

export type Change = { part: string; before: unknown; after: unknown }

/** The parts of a tool that the server says otherwise than they were approved. */
export const changesOf = ({ definition, seen }: Pick<McpTool, 'definition' | 'seen'>): Change[] => {
  if (!definition) return []
  const parts = [...new Set([...Object.keys(definition), ...Object.keys(seen)])].sort()
  return parts
    .map((part) => ({ part, before: definition[part], after: seen[part] }))
    .filter(({ before, after }) => ordered(before) !== ordered(after))
}

// the order of names in an object says nothing
const ordered = (value: unknown): string | undefined =>
  JSON.stringify(value, (_name, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
