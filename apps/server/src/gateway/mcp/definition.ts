/** What is compared of a tool: all that a model or a person reads of it. */
import { hash } from 'node:crypto'
import { asText, isRecord, type Json, records } from '../dialects/index.ts'
import type { SeenTool } from '../ports.ts'

/** Tools in the result of `tools/list`. */
export const toolsIn = (result: Json): SeenTool[] =>
  records(result.tools).flatMap((tool) => {
    const name = asText(tool.name)
    if (name === undefined || name === '' || name.length > nameCharsMax) return []
    // what stands beside a definition may differ from time to time, and nobody decides by it
    const { _meta, ...definition } = tool
    return [{ name, hash: hash('sha256', JSON.stringify(sorted(definition))), definition }]
  })

export const nameCharsMax = 128

/** The order of fields says nothing, so it must not count as a change. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}
