/** A release and the one before it stand beside each other on one database: a migration only adds. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const folder = new URL('../../db/migrations/', import.meta.url)

const dropped = /\bdrop\s+(?:table|column|view|function|sequence|type)\s+(?:if\s+exists\s+)?(\w+)/gi
/** What one clause of `alter table` does to those who know the table as it was. */
const clauses: [what: string, clause: RegExp][] = [
  ['rename', /^rename\s+(?:column\s+)?(?:to\s+)?(\w+)/i],
  ['type', /^alter\s+(?:column\s+)?(\w+)\s+(?:set\s+data\s+)?type\b/i],
  ['not null', /^alter\s+(?:column\s+)?(\w+)\s+set\s+not\s+null/i],
  [
    'not null',
    /^add\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?(?!constraint\b|check\b|unique\b|primary\b|foreign\b)(\w+)(?=.*\bnot\s+null)(?!.*\b(?:default|generated)\b)/is,
  ],
]
/** Names of what is gone or narrower. Indexes are nobody's to name, and a constraint that goes forbids nothing. */
const breaksIn = (text: string): string[] => {
  const said = text.replaceAll(/--.*$|\/\*[\s\S]*?\*\//gm, '')
  const altered = [...said.matchAll(/\balter\s+table\s+(?:if\s+exists\s+)?\w+\s+([^;`]*)/gi)]
  const changed = altered.flatMap(([, rest = '']) =>
    // a comma within parentheses separates no clauses
    rest.split(/,(?![^(]*\))/).flatMap((clause) =>
      clauses.flatMap(([what, pattern]) => {
        const [, name] = pattern.exec(clause.trim()) ?? []
        return name ? [`${what} ${name}`] : []
      }),
    ),
  )
  return [...[...said.matchAll(dropped)].map(([, name]) => `drop ${name}`), ...changed]
}

/** Those there are, each with what it breaks. Another is added only with what it breaks and why that is right. */
const exceptions: Record<string, [breaks: string[], why: string]> = {
  '0030_ground.sql': [
    ['not null authenticated_at'],
    'A sign-in by older code says nothing of when it was proven; what there was is filled from created_at.',
  ],
  '0032_audit_chain.ts': [
    ['not null chain_seq', 'not null prev_hash', 'not null hash'],
    'An event that older code writes is in no chain, and one that is in none must not be written.',
  ],
  '0073_sign_in_failures.sql': [
    ['rename sign_in_attempts'],
    'The old name is given to another table at once, which older code cannot count attempts in.',
  ],
  '0079_sessions_without_restriction.sql': [
    ['drop restriction'],
    'Nothing was ever written to it but null, which older code reads.',
  ],
  '0090_booking.sql': [
    ['drop book_requests', 'type trace'],
    'Older code books by the function as it was, so it books nothing until it is replaced.',
  ],
  '0091_one_booking.sql': [['drop budget_settle', 'drop settled_requests'], 'The path beside it had no caller left.'],
  '0142_scim_tokens_vouched_by.sql': [
    ['not null vouched_kind', 'not null vouched_by'],
    'A token that nobody vouches for must not exist: older code cannot issue one until it is replaced.',
  ],
}

test('a migration drops, renames and narrows nothing that the release before it uses, but for those that say why', () => {
  const files = readdirSync(folder).filter((name) => /\.(sql|ts)$/.test(name))
  expect(files.length).toBeGreaterThan(60)
  const found = files.map((name) => [name, breaksIn(readFileSync(new URL(name, folder), 'utf8'))] as const)
  const breaks = found.filter(([, these]) => these.length > 0)
  expect(Object.fromEntries(breaks)).toEqual(
    Object.fromEntries(Object.entries(exceptions).map(([name, [these]]) => [name, these])),
  )
})

test.each([
  ['drop table if exists a; drop view b', ['drop a', 'drop b']],
  ['alter table t add column a text,\n  drop column b', ['drop b']],
  ['do $$ begin drop function f(text); end $$', ['drop f']],
  ['alter table t rename column a to b', ['rename a']],
  ['alter table t rename to u', ['rename u']],
  ['alter table t alter column a type json', ['type a']],
  ['alter table t alter a set not null', ['not null a']],
  ['alter table t add column a text not null, add column b text not null default 1', ['not null a']],
  ['alter table t add column a text default 1, add b numeric(9, 2) not null', ['not null b']],
  ["alter table t add column a text not null check (a in ('x', 'y'))", ['not null a']],
  ['-- drop table t', []],
  ['alter index i rename to j; drop index k', []],
  ['create table t (a text not null); alter table t add constraint c check (a is not null)', []],
  ["alter table t add column a text check (a in ('x', 'y')) not null default 'x'", []],
  ["alter table t add column a text not null generated always as ('x') stored", []],
])('%s: what it breaks is seen', (text, breaks) => {
  expect(breaksIn(text)).toEqual(breaks)
})
