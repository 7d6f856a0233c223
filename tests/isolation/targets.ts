/** Every route of the contract, and requests to it: with the ids of one account, and with another's slipped in. */
import { contract } from '@cockpit/contract'
import { addressesOf, type Route } from '@cockpit/contract/kit'
import type { z } from 'zod'
import { build, exampleOf, jsonSchemaOf } from '../support/example.ts'

/** Another address of a route is asked like its own. */
export type Target = { name: string; room: string; route: Route; isAlias: boolean }
export type Ask = { line: string; headers?: Record<string, string>; body?: unknown }
type Ids = Readonly<Record<string, string>>

export const targets: readonly Target[] = Object.entries(contract as Record<string, Record<string, Route>>).flatMap(
  ([room, verbs]) =>
    Object.entries(verbs).flatMap(([verb, route]) =>
      addressesOf(route).map(({ path }) => ({
        room,
        route: { ...route, path },
        name: `${room}.${verb} ${route.method} ${path}`,
        isAlias: path !== route.path,
      })),
    ),
)

/** The prefixes of ids in the path that name an object of an account; `acc` names an account itself. */
export const pathPrefixes = (route: Route): Record<string, string> => {
  if (!route.params) return {}
  const example = exampleOf(route.params) as Record<string, string>
  return Object.fromEntries(Object.entries(example).map(([name, value]) => [name, prefixOf(value)]))
}
export const namesObject = (route: Route) => Object.values(pathPrefixes(route)).some((prefix) => prefix !== '')

/** A valid request with these ids in its path; a prefix nobody arranged is an error, so that a new noun is not missed. */
export const askOf = (route: Route, ids: Ids, body: unknown = route.body && exampleOf(route.body)): Ask => {
  const example = route.params ? (exampleOf(route.params) as Record<string, string>) : {}
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = example[name] ?? ''
    const prefix = prefixOf(value)
    if (prefix && ids[prefix] === undefined)
      throw new Error(`arrange an object with the prefix '${prefix}' in tests/support/objects.ts (${route.path})`)
    return ids[prefix] ?? value
  })
  return { line: `${route.method} ${path}${queryOf(route)}`, ...(body !== undefined && { body }) }
}

/** The same request with a body no parser accepts: whoever may not call the route is refused before it is read. */
export const unreadable = (ask: Ask): Ask => ({ ...ask, body: '{"broken' })

const queryOf = (route: Route) => {
  const required = Object.entries(route.query?.shape ?? {}).filter(
    ([, schema]) => !(schema as z.ZodType).safeParse(undefined).success,
  )
  if (required.length === 0) return ''
  return `?${new URLSearchParams(required.map(([name, schema]) => [name, String(exampleOf(schema as z.ZodType))]))}`
}

export const withQuery = (ask: Ask, name: string, value: string): Ask => ({
  ...ask,
  line: `${ask.line}${ask.line.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`,
})

/** Query parameters that take an id, with its prefix. */
export const idParameters = (route: Route): { name: string; prefix: string }[] =>
  Object.entries(route.query?.shape ?? {}).flatMap(([name, schema]) => {
    const prefix = idPrefixIn(jsonSchemaOf(schema as z.ZodType)) || prefixOfText[name]
    return prefix ? [{ name, prefix }] : []
  })
/** Those that take any text as an id, and what is tried there. */
const prefixOfText: Ids = { actorId: 'usr', subjectId: 'team', sessionId: 'ses' }

/** Query parameters that search, with a word that what `arrangeObjects` makes holds in every account. */
export const searchParameters = (route: Route): { name: string; word: string }[] =>
  route.query && 'q' in route.query.shape ? [{ name: 'q', word: 'canary' }] : []

/** Valid bodies with one id replaced, one for each place that takes an id, at any depth. */
export const bodiesWithId = (route: Route): { pointer: string; prefix: string; body(id: string): unknown }[] => {
  if (!route.body) return []
  const example = exampleOf(route.body)
  if (typeof example !== 'object' || example === null) return []
  const root = jsonSchemaOf(route.body)
  return idPlaces(root as Schema, root as Schema, []).map(({ path, prefix }) => ({
    pointer: `/${path.join('/')}`,
    prefix,
    body: (id) => put(structuredClone({ ...example, ...listed(root as Schema) }), path, id),
  }))
}

/** Where a body says whether it means everything or a list, it means the list. */
const listed = (root: Schema): object => {
  const mode = resolved(root, root).properties?.mode
  return mode && resolved(mode, root).enum?.includes('list') ? { mode: 'list' } : {}
}

/** A valid body in which every id is one of these, where one of its kind is known. */
export const bodyWith = (route: Route, ids: Ids): unknown => {
  if (!route.body) return undefined
  const example = exampleOf(route.body)
  if (typeof example !== 'object' || example === null) return example
  const root = jsonSchemaOf(route.body) as Schema
  return idPlaces(root, root, []).reduce((body, { path, prefix }) => {
    const id = ids[prefix]
    // what an example leaves out stays out: a wish for everything at once is no valid one
    return id === undefined || !holds(body, path) ? body : put(body, path, id)
  }, structuredClone(example) as unknown)
}

/** The same and others as valid: of a change, and of what needs no field, each field alone, and each choice that one offers. */
export const bodiesWith = (route: Route, ids: Ids): unknown[] => {
  const whole = bodyWith(route, ids)
  if (!route.body || typeof whole !== 'object' || whole === null || Array.isArray(whole)) return [whole]
  const root = jsonSchemaOf(route.body) as Schema
  const { properties = {}, required = [] } = resolved(root, root)
  const alone = route.method === 'PATCH' ? Object.entries(whole).map(([name, value]) => ({ [name]: value })) : []
  const free = Object.entries(required.length > 0 ? {} : properties).filter(([name]) => !(name in whole))
  const others = free.map(([name, field]) => ({ [name]: build(field, root) }))
  const chosen = Object.entries(properties).flatMap(([name, field]) =>
    choicesOf(field, root).map((choice) => ({ ...whole, [name]: choice })),
  )
  return [whole, ...alone, ...others, ...chosen.slice(0, choicesMax)]
}
const choicesMax = 8
const choicesOf = (schema: Schema, root: Schema): unknown[] => {
  const { enum: choices = [], anyOf = [] } = resolved(schema, root)
  return [...choices, ...anyOf.flatMap((inner) => choicesOf(inner, root))]
}
const resolved = (schema: Schema, root: Schema): Schema =>
  schema.$ref ? resolved(root.$defs?.[schema.$ref.replace('#/$defs/', '')] ?? {}, root) : schema

const holds = (body: unknown, [head, ...rest]: readonly (string | number)[]): boolean =>
  head === undefined ||
  (typeof body === 'object' &&
    body !== null &&
    head in body &&
    holds((body as Record<string | number, unknown>)[head], rest))

type Schema = {
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  $ref?: string
  $defs?: Record<string, Schema>
  example?: unknown
  enum?: unknown[]
  const?: unknown
  type?: string | string[]
}
type Place = { path: (string | number)[]; prefix: string }

const depthMax = 5

const idPlaces = (schema: Schema, root: Schema, path: (string | number)[]): Place[] => {
  if (path.length > depthMax) return []
  if (schema.$ref) return idPlaces(resolved(schema, root), root, path)
  const prefix = idPrefixIn(schema)
  if (prefix) return [{ path, prefix }]
  const kinds = kindsBeside(schema, root)
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
      // `{kind, id}` names an object of any of the kinds
      name === 'id' && kinds.length > 0
        ? kinds.map((kind) => ({ path: [...path, name], prefix: kind }))
        : idPlaces(inner, root, [...path, name]),
    ),
    ...(schema.items ? idPlaces(schema.items, root, [...path, 0]) : []),
    ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap((inner) =>
      idPlaces(inner, root, path),
    ),
  ]
}

const prefixOfKind: Ids = {
  ...{ user: 'usr', service_account: 'sva', team: 'team', org: 'org', key: 'key' },
  model: 'mdl',
}
const kindsBeside = ({ properties }: Schema, root: Schema): string[] => {
  const told = properties?.kind ?? properties?.type
  const said = told && resolved(told, root)
  const words = said?.enum ?? (said?.const === undefined ? [] : [said.const])
  return words.flatMap((word) => prefixOfKind[String(word)] ?? [])
}

const idPrefixIn = (schema: { example?: unknown; anyOf?: Schema[] }): string =>
  prefixOf(schema.example) || (schema.anyOf ?? []).map((inner) => prefixOf(inner.example)).find(Boolean) || ''

const prefixOf = (value: unknown): string =>
  typeof value === 'string' ? (/^([a-z]+)_[0-9a-f]{32}$/.exec(value)?.[1] ?? '') : ''

/** Sets a value deep inside, making what is missing on the way; beside an id its kind is set to fit. */
const put = (target: unknown, [head, ...rest]: (string | number)[], id: string): unknown => {
  if (head === undefined) return id
  const box = (typeof target === 'object' && target !== null ? target : typeof head === 'number' ? [] : {}) as Record<
    string | number,
    unknown
  >
  box[head] = put(box[head], rest, id)
  if (head === 'id') {
    const kind = Object.entries(prefixOfKind).find(([, prefix]) => id.startsWith(`${prefix}_`))?.[0]
    if (kind) box['type' in box && !('kind' in box) ? 'type' : 'kind'] = kind
  }
  return box
}
