/** A valid value for a schema, made from the schema: what lets a new route join the sweeps by existing. */
import { z } from 'zod'

type JsonSchema = {
  type?: string | string[]
  example?: unknown
  default?: unknown
  enum?: unknown[]
  const?: unknown
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  minItems?: number
  minimum?: number
  minLength?: number
  format?: string
  pattern?: string
  $ref?: string
  $defs?: Record<string, JsonSchema>
}

export const jsonSchemaOf = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema

export const exampleOf = (schema: z.ZodType): unknown => {
  const root = jsonSchemaOf(schema)
  const value = build(root, root)
  const checked = schema.safeParse(value)
  if (!checked.success)
    throw new Error(`cannot make an example, give the field a meta example: ${checked.error.message}`)
  return value
}

/** The same for a part of it. */
export const build = (schema: JsonSchema, root: JsonSchema): unknown => {
  if (schema.$ref) return build(root.$defs?.[schema.$ref.replace('#/$defs/', '')] ?? {}, root)
  if (schema.example !== undefined) return schema.example
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  const choice = schema.anyOf?.[0] ?? schema.oneOf?.[0]
  if (choice) return build(choice, root)
  // an intersection, such as a trimmed text that must also be an e-mail
  if (schema.allOf) return build(Object.assign({}, ...schema.allOf), root)
  if (schema.type === 'object') return object(schema, root)
  if (schema.type === 'array')
    return Array.from({ length: schema.minItems ?? 0 }, () => build(schema.items ?? {}, root))
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(1, schema.minimum ?? 1)
  if (schema.type === 'boolean') return true
  return text(schema)
}

const object = (schema: JsonSchema, root: JsonSchema) => {
  const properties = schema.properties ?? {}
  const required = Object.keys(properties).filter((name) => schema.required?.includes(name))
  // a patch wants at least one field
  const wanted = required.length > 0 ? required : Object.keys(properties).slice(0, 1)
  return Object.fromEntries(wanted.map((name) => [name, build(properties[name] ?? {}, root)]))
}

const text = ({ format, minLength = 1, pattern }: JsonSchema) => {
  if (format === 'email') return 'someone@example.com'
  if (format === 'date-time') return '2030-01-01T00:00:00Z'
  if (format === 'uri') return 'https://example.com/v1'
  if (pattern?.startsWith('^([a-z0-9-]')) return 'example.com'
  return 'x'.repeat(Math.max(1, minLength))
}
