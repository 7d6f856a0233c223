/** JSON Schema of an answer: the part of 2020-12 that says what a value is, without patterns and remote references. */

type Json = Record<string, unknown>

const annotations = [
  'title',
  'description',
  'default',
  'examples',
  '$schema',
  '$id',
  '$comment',
  'format',
  'deprecated',
]
const supported = new Set([
  ...annotations,
  ...[
    '$ref',
    '$defs',
    'type',
    'enum',
    'const',
    'properties',
    'required',
    'additionalProperties',
    'items',
    'prefixItems',
  ],
  ...['anyOf', 'oneOf', 'allOf', 'not', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'],
])

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Why a schema cannot be checked; null when it can. */
export const schemaRefusal = (schema: unknown, at = '#', depth = 0): string | null => {
  if (typeof schema === 'boolean') return null
  if (!isRecord(schema)) return `is not a schema at ${at}.`
  if (depth > depthMax) return `nests deeper than ${depthMax} at ${at}.`
  for (const key in schema) {
    if (!supported.has(key)) return `uses '${key}' at ${at}, which is not supported.`
  }
  if (schema.$ref !== undefined && !/^#(?:\/\$defs\/[^/]+)?$/.test(String(schema.$ref)))
    return `refers to '${schema.$ref}' at ${at}; only # and #/$defs/… can be.`
  for (const [path, inner] of innerSchemas(schema)) {
    const why = schemaRefusal(inner, `${at}/${path}`, depth + 1)
    if (why) return why
  }
  return null
}

const innerSchemas = (schema: Json): [string, unknown][] => [
  ...['properties', '$defs'].flatMap((key): [string, unknown][] =>
    isRecord(schema[key]) ? Object.entries(schema[key]).map(([name, inner]) => [`${key}/${name}`, inner]) : [],
  ),
  ...['anyOf', 'oneOf', 'allOf', 'prefixItems'].flatMap((key): [string, unknown][] =>
    Array.isArray(schema[key]) ? schema[key].map((inner, at) => [`${key}/${at}`, inner]) : [],
  ),
  ...['items', 'not', 'additionalProperties'].flatMap((key): [string, unknown][] =>
    schema[key] === undefined ? [] : [[key, schema[key]]],
  ),
]

const depthMax = 100
const stepsMax = 100_000

/** It would take too long to say. */
export class SchemaTooCostly extends Error {
  override name = 'SchemaTooCostly'
}

/** Whether a value is what the schema says. Throws `SchemaTooCostly`. */
export const conforms = (root: Json, value: unknown): boolean => {
  let steps = 0
  const check = (schema: unknown, data: unknown, depth: number): boolean => {
    if (++steps > stepsMax || depth > depthMax) throw new SchemaTooCostly()
    if (typeof schema === 'boolean') return schema
    if (!isRecord(schema)) return false
    const inner = (one: unknown, of: unknown) => check(one, of, depth + 1)
    return (
      (schema.$ref === undefined || inner(referred(root, String(schema.$ref)), data)) &&
      isOfType(schema.type, data) &&
      (schema.const === undefined || same(schema.const, data)) &&
      (!Array.isArray(schema.enum) || schema.enum.some((one) => same(one, data))) &&
      combines(schema, data, inner) &&
      (typeof data !== 'number' || numberFits(schema, data)) &&
      (typeof data !== 'string' || within([...data].length, schema.minLength, schema.maxLength)) &&
      (!Array.isArray(data) || listFits(schema, data, inner)) &&
      (!isRecord(data) || recordFits(schema, data, inner))
    )
  }
  return check(root, value, 0)
}

type Inner = (schema: unknown, data: unknown) => boolean

const referred = (root: Json, ref: string): unknown =>
  ref === '#' ? root : isRecord(root.$defs) ? (root.$defs[ref.slice('#/$defs/'.length)] ?? false) : false

const typeOf = (data: unknown): string =>
  data === null ? 'null' : Array.isArray(data) ? 'array' : typeof data === 'object' ? 'object' : typeof data

const isOfType = (type: unknown, data: unknown): boolean => {
  if (type === undefined) return true
  const allowed: unknown[] = Array.isArray(type) ? type : [type]
  return allowed.includes(typeOf(data)) || (Number.isInteger(data) && allowed.includes('integer'))
}

const combines = ({ anyOf, oneOf, allOf, not }: Json, data: unknown, inner: Inner): boolean =>
  (!Array.isArray(allOf) || allOf.every((one) => inner(one, data))) &&
  (!Array.isArray(anyOf) || anyOf.some((one) => inner(one, data))) &&
  (!Array.isArray(oneOf) || oneOf.filter((one) => inner(one, data)).length === 1) &&
  (not === undefined || !inner(not, data))

const within = (count: number, least: unknown, most: unknown): boolean =>
  (typeof least !== 'number' || count >= least) && (typeof most !== 'number' || count <= most)

const numberFits = (schema: Json, data: number): boolean =>
  within(data, schema.minimum, schema.maximum) &&
  (typeof schema.exclusiveMinimum !== 'number' || data > schema.exclusiveMinimum) &&
  (typeof schema.exclusiveMaximum !== 'number' || data < schema.exclusiveMaximum) &&
  (typeof schema.multipleOf !== 'number' ||
    Math.abs(data / schema.multipleOf - Math.round(data / schema.multipleOf)) < 1e-9)

const listFits = (schema: Json, data: readonly unknown[], inner: Inner): boolean => {
  const first: readonly unknown[] = Array.isArray(schema.prefixItems) ? schema.prefixItems : []
  return (
    within(data.length, schema.minItems, schema.maxItems) &&
    data.every((item, at) =>
      at < first.length ? inner(first[at], item) : schema.items === undefined || inner(schema.items, item),
    )
  )
}

const recordFits = (schema: Json, data: Json, inner: Inner): boolean => {
  const properties = isRecord(schema.properties) ? schema.properties : {}
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : []
  const keys = Object.keys(data)
  return (
    within(keys.length, schema.minProperties, schema.maxProperties) &&
    required.every((key) => Object.hasOwn(data, String(key))) &&
    keys.every((key) =>
      Object.hasOwn(properties, key)
        ? inner(properties[key], data[key])
        : schema.additionalProperties === undefined || inner(schema.additionalProperties, data[key]),
    )
  )
}

const same = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, at) => same(one, b[at]))
  if (!isRecord(a) || !isRecord(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
}
