/** A JSON schema in the subset Gemini takes: references resolved, types in capitals, null as a flag, the rest left out. */
import { asCount, asList, asNumber, asRecord, asText, filled, isRecord, type Json, present, records } from '../json.ts'

/** Recursive schemas have no end; below this depth anything of the type is allowed. */
const depthMax = 24
const stringFormats = new Set(['date-time', 'enum'])
const numberFormats = new Set(['float', 'double', 'int32', 'int64'])

export function schemaToGemini(schema: unknown): Json {
  const root = asRecord(schema)
  return converted(root, { root, within: [], depth: 0 })
}

type Place = { root: Json; within: readonly string[]; depth: number }

function converted(given: Json, place: Place): Json {
  if (place.depth > depthMax) return {}
  const { schema, within } = resolved(given, place)
  const inside = { ...place, within, depth: place.depth + 1 }
  const merged = mergedAll(schema, inside)
  const choices = [...records(merged.anyOf), ...records(merged.oneOf)]
  const real = choices.filter((choice) => choice.type !== 'null')
  const { type, nullable, others } = typesOf(merged)
  const isNullable = nullable || merged.nullable === true || real.length < choices.length
  const notes = present({
    title: filled(merged.title),
    description: filled(merged.description),
    nullable: isNullable ? true : undefined,
  })
  if (others.length > 0)
    return { ...notes, anyOf: others.map((one) => converted({ ...merged, type: one, description: undefined }, inside)) }
  const only = real.length === 1 ? real[0] : undefined
  if (only) return { ...converted({ ...merged, ...only, anyOf: undefined, oneOf: undefined }, inside), ...notes }
  if (real.length > 1) return { ...notes, anyOf: real.map((choice) => converted(choice, inside)) }
  return { ...present({ type: type?.toUpperCase() }), ...notes, ...limitsOf(merged, type, inside) }
}

/** What a reference points to, with the words beside it; a reference to where it stands becomes any object. */
function resolved(schema: Json, { root, within }: Place): { schema: Json; within: readonly string[] } {
  const pointer = filled(schema.$ref)
  if (pointer === undefined) return { schema, within }
  if (within.includes(pointer)) return { schema: { type: 'object', description: schema.description }, within }
  let at: unknown = root
  for (const step of pointer.replace(/^#\/?/, '').split('/').filter(Boolean))
    at = asRecord(at)[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')]
  const { $ref: _, ...beside } = schema
  return resolved({ ...asRecord(at), ...beside }, { root, within: [...within, pointer], depth: 0 })
}

function mergedAll(schema: Json, place: Place): Json {
  const parts = records(schema.allOf)
  if (parts.length === 0) return schema
  const { allOf: _, ...own } = schema
  const all = [...parts.map((part) => resolved(part, place).schema), own]
  return {
    ...Object.assign({}, ...all),
    ...present({
      properties: mergedField(all, 'properties'),
      required: all.some((part) => part.required) ? all.flatMap((part) => asList(part.required)) : undefined,
    }),
  }
}

const mergedField = (parts: Json[], field: string): Json | undefined =>
  parts.some((part) => part[field]) ? Object.assign({}, ...parts.map((part) => asRecord(part[field]))) : undefined

function typesOf(schema: Json): { type: string | undefined; nullable: boolean; others: string[] } {
  const listed = Array.isArray(schema.type) ? schema.type.flatMap((type) => asText(type) ?? []) : []
  const real = listed.filter((type) => type !== 'null')
  const nullable = real.length < listed.length
  if (real.length > 1) return { type: undefined, nullable, others: real }
  const type = asText(schema.type) ?? real[0] ?? impliedType(schema)
  return { type, nullable, others: [] }
}

function impliedType(schema: Json): string | undefined {
  if (isRecord(schema.properties)) return 'object'
  if (schema.items !== undefined) return 'array'
  const values = valuesOf(schema)
  return values.length > 0 && values.every((value) => typeof value === 'string') ? 'string' : undefined
}

const valuesOf = (schema: Json): unknown[] => (schema.const === undefined ? asList(schema.enum) : [schema.const])

function limitsOf(schema: Json, type: string | undefined, place: Place): Json {
  switch (type) {
    case 'object':
      return objectOf(schema, place)
    case 'array':
      return present({
        items: isRecord(schema.items) ? converted(schema.items, place) : undefined,
        minItems: asCount(schema.minItems),
        maxItems: asCount(schema.maxItems),
      })
    case 'string':
      return stringOf(schema)
    case 'number':
    case 'integer':
      return present({
        format: numberFormats.has(asText(schema.format) ?? '') ? schema.format : undefined,
        minimum: asNumber(schema.minimum),
        maximum: asNumber(schema.maximum),
      })
    default:
      return {}
  }
}

function stringOf(schema: Json): Json {
  // numbers as values are words to Gemini too
  const values = valuesOf(schema).flatMap((value) => (value === null ? [] : [String(value)]))
  return present({
    enum: values.length > 0 ? values : undefined,
    format: stringFormats.has(asText(schema.format) ?? '') ? schema.format : undefined,
    minLength: asCount(schema.minLength),
    maxLength: asCount(schema.maxLength),
    pattern: filled(schema.pattern),
  })
}

/** Without properties the field itself is left out: an empty one is refused. */
function objectOf(schema: Json, place: Place): Json {
  const properties = Object.entries(asRecord(schema.properties))
  if (properties.length === 0) return {}
  const names = properties.map(([name]) => name)
  const required = asList(schema.required).filter((name) => typeof name === 'string' && names.includes(name))
  return present({
    properties: Object.fromEntries(properties.map(([name, property]) => [name, converted(asRecord(property), place)])),
    required: required.length > 0 ? [...new Set(required)] : undefined,
    // the order in which they are written is the order in which the caller wrote them
    propertyOrdering: names,
  })
}
