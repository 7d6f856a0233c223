/** What is wrong with an input, in a sentence a field: what it must be, so that whoever reads it can mend it. */
import type { z } from 'zod'

type Issue = z.core.$ZodIssue
type RawIssue = z.core.$ZodRawIssue
export type FieldError = { pointer: string; detail: string }

/** For `safeParse(value, { error: inWords })`. A schema's own words go before these. */
export const inWords = (issue: RawIssue): string => {
  if (issue.code === 'invalid_union' && Array.isArray(issue.options)) {
    const named = String(issue.discriminator)
    const has = typeof issue.input === 'object' && issue.input !== null && named in issue.input
    return `${has ? '' : 'is missing and '}must be ${choice(issue.options)}`
  }
  if (issue.code === 'invalid_value') return isOrMissing(issue, choice(issue.values))
  if (issue.code === 'not_multiple_of') return `must be a multiple of ${issue.divisor}`
  const expected = issue.schema && expectationOf(issue.schema)
  if (!expected) return issue.input === undefined ? 'is missing' : 'does not have a form that is known here'
  return isOrMissing(issue, expected)
}

/** One error a field; of several that a field has, the first. */
export const fieldErrors = (issues: readonly Issue[]): FieldError[] => {
  const first = new Map<string, string>()
  for (const { pointer, detail } of issues.flatMap(errorsOf)) if (!first.has(pointer)) first.set(pointer, detail)
  return [...first].map(([pointer, detail]) => ({ pointer, detail }))
}

const errorsOf = (issue: Issue): FieldError[] => {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: 'is not a known field' }))
  if (issue.code === 'invalid_key') {
    const [inner] = issue.issues
    return [{ pointer: pointerTo(issue.path), detail: `has a name that ${inner?.message ?? 'is not allowed'}` }]
  }
  // of several shapes the input may have, the nearest one explains best
  const nearest = issue.code === 'invalid_union' ? [...issue.errors].sort((a, b) => a.length - b.length)[0] : undefined
  if (nearest?.length) return nearest.flatMap((inner) => errorsOf({ ...inner, path: [...issue.path, ...inner.path] }))
  return [{ pointer: pointerTo(issue.path), detail: issue.message }]
}

const pointerTo = (path: readonly PropertyKey[]) =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

const isOrMissing = ({ input, code }: RawIssue, expected: string): string => {
  if (input === undefined) return `is missing and must be ${expected}`
  const given = code === 'invalid_type' ? kindOf(input) : null
  const isNear = given === 'a number' && expected.startsWith('a whole number')
  return given === null || isNear ? `must be ${expected}` : `must be ${expected}, not ${given}`
}

const kindOf = (value: unknown): string | null => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  // the text of a query is no better word for a number that is none
  if (typeof value === 'number') return Number.isNaN(value) ? null : 'a number'
  return { string: 'a text', boolean: 'true or false', object: 'an object' }[typeof value as string] ?? null
}

const expectationOf = (schema: z.core.$ZodType): string | null => {
  const { def } = (schema as z.core.$ZodTypes)._zod
  const bounds = boundsOf(def.checks ?? [])
  switch (def.type) {
    case 'string':
      return textual(def, bounds)
    case 'number':
      return `${bounds.whole ? 'a whole number' : 'a number'}${between(bounds, 'from', '')}`
    case 'array':
      return `a list${between(bounds, 'of', bounds.max === 1 ? 'entry' : 'entries')}`
    case 'boolean':
      return 'true or false'
    case 'object':
    case 'record':
      return 'an object'
    case 'enum':
      return choice(Object.values(def.entries))
    case 'literal':
      return choice(def.values)
    case 'optional':
    case 'nullable':
    case 'default':
      return expectationOf(def.innerType)
    case 'union':
      return oneOf(def.options)
    case 'pipe':
      return expectationOf(def.in)
    default:
      return null
  }
}

const oneOf = (options: readonly z.core.$ZodType[]): string | null =>
  [...new Set(options.map(expectationOf))].filter((expected) => expected !== null).join(' or ') || null

const formats: Record<string, string> = {
  email: 'an e-mail address such as someone@example.com',
  url: 'a URL such as https://example.com',
  datetime: 'a moment such as 2026-01-31T12:00:00Z',
  date: 'a day such as 2026-01-31',
}

const textual = (def: object, bounds: Bounds): string => {
  const format = 'format' in def && typeof def.format === 'string' ? formats[def.format] : undefined
  const long = between(bounds, 'of', bounds.max === 1 ? 'character' : 'characters')
  if (format) return `${format}${bounds.max === undefined ? '' : `, of at most ${bounds.max} characters`}`
  return bounds.form ?? `a text${long}`
}

/** `form`: what a pattern stands for, in the words of its schema. */
type Bounds = { min?: number; max?: number; whole?: boolean; form?: string }

const boundsOf = (checks: readonly z.core.$ZodCheck<never>[]): Bounds => {
  const bounds: Bounds = {}
  for (const { _zod } of checks as readonly z.core.$ZodChecks[]) {
    const { def } = _zod
    if (def.check === 'number_format') bounds.whole = /int/.test(def.format)
    else if (def.check === 'min_length') bounds.min = def.minimum
    else if (def.check === 'max_length') bounds.max = def.maximum
    else if (def.check === 'length_equals') Object.assign(bounds, { min: def.length, max: def.length })
    else if (def.check === 'greater_than') bounds.min = Number(def.value)
    else if (def.check === 'less_than') bounds.max = Number(def.value)
    else if (def.check === 'string_format') Object.assign(bounds, formOf(def))
  }
  return bounds
}

const formOf = (def: z.core.$ZodCheckStringFormatDef): Pick<Bounds, 'form'> => {
  const { pattern } = def
  const error = def.error as z.core.$ZodErrorMap | undefined
  const said = error?.({ code: 'invalid_format', format: 'regex', input: '' })
  const words = typeof said === 'object' ? said?.message : said
  if (words?.startsWith(mustBe)) return { form: words.slice(mustBe.length) }
  if ('prefix' in def) return { form: `a text that begins with '${def.prefix}'` }
  return words || !pattern ? {} : { form: `a text that matches ${pattern}` }
}

const mustBe = 'must be '

/** ` from 1 to 100`, ` of 1 to 80 characters`, ` of at least 2 entries`; nothing without bounds. */
const between = ({ min, max }: Bounds, word: 'from' | 'of', unit: string): string => {
  const counted = unit && ` ${unit}`
  if (min !== undefined && max !== undefined)
    return min === max ? ` of exactly ${min}${counted}` : ` ${word} ${min} to ${max}${counted}`
  if (max !== undefined) return ` of at most ${max}${counted}`
  return min === undefined ? '' : ` of at least ${min}${counted}`
}

const namedMax = 12

const choice = (values: readonly unknown[]): string => {
  if (isYesOrNo(values)) return 'true or false'
  const named = values.slice(0, namedMax).map((value) => (typeof value === 'string' ? `'${value}'` : String(value)))
  const rest = values.length - named.length
  if (rest > 0) return `one of ${named.join(', ')} and ${rest} more`
  const last = named.pop() ?? ''
  return named.length === 0 ? last : `one of ${named.join(', ')} or ${last}`
}

/** The words of a flag in a query, of which two explain all. */
const isYesOrNo = (values: readonly unknown[]) => values.includes('true') && values.includes('off')
