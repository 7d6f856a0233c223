/** What the simulated models say: a pure function of the request, and plainly labelled as simulated. */
import { hash } from 'node:crypto'

export const demoModels = ['demo-chat', 'demo-embedding'] as const

type Json = Record<string, unknown>
const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

const quotedCharsMax = 160
const closings = [
  'Connect a real provider and this very address will answer with a real model.',
  'Every part of this call was real except the model: the key, the limits, the budget and the bill.',
  'The same question always gets the same answer here, which makes it handy for tests.',
] as const

export const answerText = (request: Json): string => {
  const asked = lastUserText(request)
  const format = isRecord(request.response_format) ? request.response_format : null
  if (format?.type === 'json_object')
    return JSON.stringify({ simulated: true, provider: 'Cockpit demo', you_wrote: asked })
  if (format?.type === 'json_schema' && isRecord(format.json_schema))
    return JSON.stringify(exampleOf(format.json_schema.schema, asked))
  const quoted = asked.length > quotedCharsMax ? `${asked.slice(0, quotedCharsMax)}…` : asked
  const heard = quoted === '' ? 'You sent no text.' : `You wrote: “${quoted}”`
  return `This is a simulated answer by Cockpit; no model was asked. ${heard} ${closings[pick(asked, closings.length)] ?? ''}`
}

/** A call of the tool that the request insists on; null when it leaves the choice open. */
export const toolCall = (request: Json): { name: string; arguments: string } | null => {
  const tools = listOf(request.tools).flatMap((tool) =>
    isRecord(tool) && isRecord(tool.function) ? [tool.function] : [],
  )
  const choice = request.tool_choice
  const wanted = isRecord(choice) && isRecord(choice.function) ? choice.function.name : null
  if (choice !== 'required' && wanted === null) return null
  const tool = wanted === null ? tools[0] : tools.find(({ name }) => name === wanted)
  if (!tool || typeof tool.name !== 'string') return null
  return { name: tool.name, arguments: JSON.stringify(exampleOf(tool.parameters, lastUserText(request))) }
}

const depthMax = 8

/** The plainest value a JSON schema allows. */
const exampleOf = (schema: unknown, text: string, depth = 0): unknown => {
  if (!isRecord(schema) || depth > depthMax) return {}
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'string':
      return text.slice(0, quotedCharsMax)
    case 'integer':
    case 'number':
      return typeof schema.minimum === 'number' ? schema.minimum : 1
    case 'boolean':
      return true
    case 'null':
      return null
    case 'array':
      return [exampleOf(schema.items, text, depth + 1)]
    default:
      return Object.fromEntries(
        Object.entries(isRecord(schema.properties) ? schema.properties : {}).map(([name, inner]) => [
          name,
          exampleOf(inner, text, depth + 1),
        ]),
      )
  }
}

const lastUserText = (request: Json): string => {
  const message = listOf(request.messages).findLast((some) => isRecord(some) && some.role === 'user')
  const content = isRecord(message) ? message.content : ''
  if (typeof content === 'string') return content.trim()
  return listOf(content)
    .flatMap((part) => (isRecord(part) && typeof part.text === 'string' ? [part.text] : []))
    .join(' ')
    .trim()
}

const pick = (text: string, count: number): number =>
  Number.parseInt(hash('sha256', text, 'hex').slice(0, 8), 16) % count

const dimensionsMax = 256

/** A unit vector: the sum of one direction a word, so that texts that share words are close to each other. */
export const embed = (input: string, dimensions = dimensionsMax): Float32Array => {
  const size = Math.max(1, Math.min(dimensionsMax, Math.floor(dimensions)))
  const vector = new Float32Array(size)
  for (const word of input.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) addDirection(vector, word)
  const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0)) || 1
  return vector.map((x) => x / length)
}

const addDirection = (vector: Float32Array, word: string) => {
  let state = Number.parseInt(hash('sha256', word, 'hex').slice(0, 8), 16) | 1
  for (let i = 0; i < vector.length; i++) {
    // xorshift32: the same word points the same way on every machine
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    vector[i] = (vector[i] ?? 0) + state / 2_147_483_648
  }
}
