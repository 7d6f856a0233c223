/** SCIM filters (RFC 7644 §3.4.2.2) as SQL. What a column holds is compared in SQL; nothing is read to be thrown away. */
import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import { type Filter, parse } from 'scim2-parse-filter'
import { containing } from '../../../platform/index.ts'
import { ScimError } from './error.ts'

/** How an attribute is compared. Texts are matched in any case, as SCIM's are unless they say otherwise. */
export type Attribute =
  | { kind: 'text'; column: RawBuilder<unknown>; exact?: true }
  | { kind: 'boolean'; column: RawBuilder<unknown> }
  | { kind: 'time'; column: RawBuilder<unknown> }
  /** Several values a resource: `some(condition)` is true when one of them fulfils it. */
  | { kind: 'many'; value: RawBuilder<unknown>; some: (condition: RawBuilder<unknown>) => RawBuilder<SqlBool> }

/** Attributes by their lower-case path, without the URN of a schema. */
export type Attributes = Readonly<Record<string, Attribute>>

const lengthMax = 1_000
const termsMax = 50

export const filterSql = (text: string, attributes: Attributes): Expression<SqlBool> => {
  if (text.length > lengthMax) throw invalid(`A filter has at most ${lengthMax} characters.`)
  return build(parsed(text), { attributes, within: null, budget: { terms: 0 } })
}

/** `within`: the attribute whose every value is asked by itself, inside brackets. */
type Asked = { attributes: Attributes; within: string | null; budget: { terms: number } }

export const parsed = (text: string, scimType: 'invalidFilter' | 'invalidPath' = 'invalidFilter'): Filter => {
  try {
    return parse(ofOneValue(text))
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it is no filter'
    throw new ScimError(400, `The filter cannot be read: ${why}.`, scimType)
  }
}

const quoted = /"(?:[^"\\]|\\.)*"/
const pieces = new RegExp(
  `${quoted.source}|\\]\\.\\s*(?<sub>\\w[-\\w.:/%]*)\\s+(?<asked>pr\\b|[a-z]{2}\\s+(?:${quoted.source}|[^\\s"()[\\]]+))|.`,
  'gis',
)

/**
 * `emails[type eq "work"].value eq "x"` asks one value for both. The parser makes two questions of it, which two values may
 * answer, so it gets `emails[(type eq "work") and value eq "x"]`.
 */
const ofOneValue = (text: string): string => {
  let whole = ''
  let opened = 0
  for (const { 0: piece, groups } of text.matchAll(pieces)) {
    if (piece === '[') opened = whole.length + 1
    whole += groups?.sub ? `) and ${groups.sub} ${groups.asked}]` : piece
    if (groups?.sub) whole = `${whole.slice(0, opened)}(${whole.slice(opened)}`
  }
  return whole
}

const build = (filter: Filter, asked: Asked): RawBuilder<SqlBool> => {
  if (++asked.budget.terms > termsMax) throw invalid(`A filter has at most ${termsMax} terms.`)
  switch (filter.op) {
    case 'and':
    case 'or': {
      const parts = filter.filters.map((inner) => build(inner, asked))
      return sql`(${sql.join(parts, filter.op === 'and' ? sql` and ` : sql` or `)})`
    }
    case 'not':
      return sql`not coalesce(${build(filter.filter, asked)}, false)`
    case '[]': {
      const within = pathOf(filter.attrPath)
      const attribute = attributeAt(asked, within)
      if (attribute?.kind !== 'many') throw invalid(`'${filter.attrPath}' has no values to choose from.`)
      // one and the same value fulfils all that stands inside
      return attribute.some(build(filter.valFilter, { ...asked, within }))
    }
    default:
      return compare(filter, asked)
  }
}

const attributeAt = ({ attributes }: Asked, path: string): Attribute | undefined =>
  Object.hasOwn(attributes, path) ? attributes[path] : undefined

type Comparison = Extract<Filter, { attrPath: string }>

const compare = (filter: Comparison, asked: Asked): RawBuilder<SqlBool> => {
  const { within } = asked
  const attribute = attributeAt(asked, `${within === null ? '' : `${within}.`}${pathOf(filter.attrPath)}`)
  if (!attribute) throw invalid(`'${filter.attrPath}' cannot be filtered by.`)
  const value = 'compValue' in filter ? filter.compValue : null
  if (attribute.kind !== 'many') return condition(filter.op, attribute, value)
  const one = condition(filter.op, { kind: 'text', column: attribute.value }, value)
  return within === null ? attribute.some(one) : one
}

type Plain = Exclude<Attribute, { kind: 'many' }>

const condition = (op: string, attribute: Plain, value: unknown): RawBuilder<SqlBool> => {
  const { column } = attribute
  if (op === 'pr') return sql`${column} is not null`
  if (value === null) {
    if (op === 'eq') return sql`${column} is null`
    if (op === 'ne') return sql`${column} is not null`
    throw invalid(`null cannot be compared by '${op}'.`)
  }
  if (attribute.kind === 'boolean') return truth(op, column, value)
  if (attribute.kind === 'time') return moment(op, column, value)
  const said = String(value)
  const [left, right] = attribute.exact
    ? [sql`${column}`, sql`${said}`]
    : [sql`lower(${column})`, sql`${said.toLowerCase()}`]
  const matching = textual[op]
  if (matching) return sql`${column} ${matching.not ? sql`not ilike` : sql`ilike`} ${matching.pattern(said)}`
  const sign = signs[op]
  if (!sign) throw invalid(`'${op}' is no comparison.`)
  return sql`${left} ${sql.raw(sign)} ${right}`
}

const truth = (op: string, column: RawBuilder<unknown>, value: unknown): RawBuilder<SqlBool> => {
  // some sources send a text
  const wanted = typeof value === 'boolean' ? value : { true: true, false: false }[String(value).toLowerCase()]
  if (wanted === undefined || (op !== 'eq' && op !== 'ne')) throw invalid('This attribute is true or false.')
  return sql`${column} = ${op === 'eq' ? wanted : !wanted}`
}

const moment = (op: string, column: RawBuilder<unknown>, value: unknown): RawBuilder<SqlBool> => {
  const at = new Date(String(value))
  const sign = signs[op]
  // a year of four digits, which is all that an instant is written with
  if (!(at.getTime() >= Date.parse('0001-01-01') && at.getTime() < Date.UTC(10_000, 0)) || !sign)
    throw invalid('This attribute is compared with an instant.')
  return sql`${column} ${sql.raw(sign)} ${at}`
}

const signs: Readonly<Record<string, string>> = {
  eq: '=',
  ne: 'is distinct from',
  gt: '>',
  ge: '>=',
  lt: '<',
  le: '<=',
}
const plain = (text: string) => containing(text).slice(1, -1)
const textual: Readonly<Record<string, { not?: true; pattern: (text: string) => string }>> = {
  co: { pattern: containing },
  sw: { pattern: (text) => `${plain(text)}%` },
  ew: { pattern: (text) => `%${plain(text)}` },
}

/** Without the URN of its schema, and in lower case, as attribute names are. */
const pathOf = (path: string) => path.replace(/^urn:[a-z0-9:.]*:(user|group):/i, '').toLowerCase()

const invalid = (detail: string) => new ScimError(400, detail, 'invalidFilter')
