/** docs/decisions/0006 says what each field of the context and the Zitadel routes is called here. It must stay true. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { contract } from '@cockpit/contract'
import type { Route } from '@cockpit/contract/kit'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

const page = readFileSync(
  path.resolve(import.meta.dirname, '../../docs/decisions/0006-wire-names-of-context-and-zitadel.md'),
  'utf8',
)
const routes = Object.values(contract as Record<string, Record<string, Route>>).flatMap((nouns) => Object.values(nouns))
const routeAt = (line: string) => routes.find(({ method, path }) => `${method} ${path}` === line)

type Row = { where: string; was: string; is: string; values: string[]; why: string }
const codes = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
const rowsOf = (section: string): Row[] =>
  [...section.matchAll(/^\| (query|body|answer) \|(.*)\|(.*)\|(.*)\|(.*)\|$/gm)].map(
    ([, where = '', was = '', is = '', values = '', why = '']) => ({
      where,
      was: codes(was)[0] ?? '',
      is: codes(is)[0] ?? is.trim(),
      values: codes(values),
      why: why.trim(),
    }),
  )
const sections = page
  .split(/^### /m)
  .slice(1)
  .map((section) => ({ line: section.slice(0, section.indexOf('\n')), rows: rowsOf(section) }))

type Json = {
  $ref?: string
  $defs?: Record<string, Json>
  properties?: Record<string, Json>
  items?: Json
  anyOf?: Json[]
  enum?: unknown[]
  const?: unknown
}
const schemaOf = ({ query, body, returns }: Route, where: string): Json => {
  const schema = { query, body, answer: returns }[where]
  if (!schema) throw new Error(`it has no ${where}`)
  return z.toJSONSchema(schema, { io: where === 'answer' ? 'output' : 'input', unrepresentable: 'any' }) as Json
}

/** What stands at such a path of a schema; nothing where it has no such field. */
const at = (root: Json, place: string): Json[] =>
  place
    .replaceAll('[]', '.[]')
    .split('.')
    .reduce<Json[]>(
      (found, name) =>
        found
          .flatMap((one) => plain(root, one))
          .flatMap((one) => (name === '[]' ? one.items : one.properties?.[name]) ?? []),
      [root],
    )
const plain = (root: Json, schema: Json): Json[] => {
  if (schema.$ref) return plain(root, root.$defs?.[schema.$ref.replace('#/$defs/', '')] ?? {})
  return schema.anyOf ? schema.anyOf.flatMap((one) => plain(root, one)) : [schema]
}
const valuesOf = (root: Json, found: Json[]) =>
  found.flatMap((one) => plain(root, one)).flatMap((one) => one.enum ?? (one.const === undefined ? [] : [one.const]))

const named = [
  'GET /v1/me/context',
  'GET /v1/auth/zitadel/status',
  ...['GET', 'PUT'].map((method) => `${method} /v1/super/zitadel/onboarding-defaults`),
  ...['GET', 'PUT'].map((method) => `${method} /v1/accounts/{id}/zitadel/config`),
  'GET /v1/accounts/{id}/zitadel/provision/plan',
  ...['user-grant', 'project-role', 'sync-roles', 'sync-admin-grants', 'bootstrap'].map(
    (act) => `POST /v1/accounts/{id}/zitadel/provision/${act}`,
  ),
]

test('the page of names has every route that the former control plane had', () => {
  expect(sections.map(({ line }) => line)).toEqual(named)
  for (const { line, rows } of sections) expect(rows.length, line).toBeGreaterThan(3)
})

test('the page of names has no row that this test cannot read', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('|') && !/^\| where \||^\|---/.test(line))
  expect(rows).toHaveLength(sections.flatMap(({ rows }) => rows).length)
})

describe.each(sections)('$line', ({ line, rows }) => {
  test.each(rows)('has $was as $is', ({ where, is, values, why }) => {
    const route = routeAt(line)
    if (!route) throw new Error('the contract has no such route')
    if (is === '–') return expect(why).not.toBe('')
    const root = schemaOf(route, where)
    const found = at(root, is)
    expect(found, `nothing at ${where} ${is}`).not.toEqual([])
    if (values.length > 0) expect(valuesOf(root, found)).toEqual(expect.arrayContaining(values))
  })

  test('has no field of its question that the page leaves out', () => {
    const route = routeAt(line)
    const own = new Set(['organizationDeactivated', 'wait'])
    for (const where of ['query', 'body'] as const) {
      if (!route?.[where]) continue
      const fields = Object.keys(schemaOf(route, where).properties ?? {}).filter((name) => !own.has(name))
      const told = rows.filter((row) => row.where === where).map(({ is }) => is.replace('[]', ''))
      expect(told.toSorted()).toEqual(fields.toSorted())
    }
  })
})
