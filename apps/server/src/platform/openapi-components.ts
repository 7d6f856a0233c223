import { z } from 'zod'

export type JsonSchema = Record<string, unknown>
type Direction = 'input' | 'output'

/**
 * Collects the named schemas of a document. One schema may look different on the way in (a default makes a field
 * optional) and on the way out; then the way in is called `…Input`.
 */
export const createComponents = () => {
  const named: Record<Direction, Map<string, JsonSchema>> = { input: new Map(), output: new Map() }
  const add = (schema: z.ZodType, io: Direction): JsonSchema => {
    const {
      $schema: _,
      $defs = {},
      ...own
    } = z.toJSONSchema(schema, { io, unrepresentable: 'any', override: plain(io) })
    for (const [name, definition] of Object.entries($defs)) named[io].set(name, definition as JsonSchema)
    // until all are known, a reference says which way it points
    return mapReferences(own, (name) => `${name}@${io}`) as JsonSchema
  }
  return {
    input: (schema: z.ZodType) => add(schema, 'input'),
    output: (schema: z.ZodType) => add(schema, 'output'),
    /** The document with all references resolved and the schemas they point to. */
    settle<D extends { components: object }>(document: D): D & { components: { schemas: Record<string, JsonSchema> } } {
      const differing = differingNames(named.input, named.output)
      const finalName = (reference: string, io: Direction) =>
        io === 'input' && differing.has(reference) ? `${reference}Input` : reference
      const schemas: Record<string, JsonSchema> = {}
      for (const io of ['input', 'output'] as const)
        for (const [name, definition] of named[io])
          schemas[finalName(name, io)] = mapReferences(definition, (inner) => finalName(inner, io)) as JsonSchema
      const resolved = mapReferences(document, (reference) => {
        const [name = '', io] = reference.split('@')
        return finalName(name, io === 'input' ? 'input' : 'output')
      }) as D
      return { ...resolved, components: { ...resolved.components, schemas } }
    },
  }
}

/** Names whose two directions differ, by themselves or by what they refer to. */
const differingNames = (input: Map<string, JsonSchema>, output: Map<string, JsonSchema>): Set<string> => {
  const differing = new Set(
    [...input.keys()].filter((name) => output.has(name) && !sameText(input.get(name), output.get(name))),
  )
  for (let before = -1; before < differing.size; ) {
    before = differing.size
    for (const [name, definition] of input)
      mapReferences(definition, (inner) => {
        if (differing.has(inner) && output.has(name)) differing.add(name)
        return inner
      })
  }
  return differing
}

const sameText = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** Leaves out what helps no reader: patterns behind a format, and promises that an answer will never grow a field. */
const plain =
  (io: Direction) =>
  ({ jsonSchema }: { jsonSchema: JsonSchema }) => {
    if (jsonSchema.format !== undefined) delete jsonSchema.pattern
    if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
  }

const prefix = /^#\/(\$defs|components\/schemas)\//

const mapReferences = (value: unknown, rename: (name: string) => string): unknown => {
  if (Array.isArray(value)) return value.map((inner) => mapReferences(inner, rename))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string' && prefix.test(inner)
        ? [key, `#/components/schemas/${rename(inner.replace(prefix, ''))}`]
        : [key, mapReferences(inner, rename)],
    ),
  )
}
