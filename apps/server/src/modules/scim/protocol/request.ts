/** A request in SCIM's terms: paging, projection, preconditions and bodies, checked once. */
import { z } from 'zod'
import { inWords } from '../../../platform/index.ts'
import { ScimError } from './error.ts'

/** How many resources one page holds at most, whatever is asked. */
export const pageMax = 200

export type ListAsk = { startIndex: number; count: number; filter: string | null; projection: Projection }
export type Projection = { only: ReadonlySet<string> | null; without: ReadonlySet<string> }

export const listAsk = (query: Readonly<Record<string, unknown>>): ListAsk => ({
  startIndex: Math.max(1, integer(query.startIndex, 1, 'startIndex')),
  count: Math.min(pageMax, Math.max(0, integer(query.count, 100, 'count'))),
  filter: typeof query.filter === 'string' && query.filter.trim() !== '' ? query.filter : null,
  projection: projectionOf(query),
})

export const projectionOf = (query: Readonly<Record<string, unknown>>): Projection => {
  const only = names(query.attributes)
  return { only: only.size > 0 ? only : null, without: names(query.excludedAttributes) }
}

/** A resource with what was asked for; `id`, `schemas` and `meta` are always there. */
export const project = <T extends Record<string, unknown>>(resource: T, { only, without }: Projection): T =>
  Object.fromEntries(
    Object.entries(resource).filter(([name]) => {
      const key = name.toLowerCase()
      if (key === 'id' || key === 'schemas' || key === 'meta') return true
      return !without.has(key) && (only === null || only.has(key))
    }),
  ) as T

const names = (value: unknown): Set<string> => {
  const list = Array.isArray(value) ? value.join(',') : typeof value === 'string' ? value : ''
  return new Set(
    list
      .split(',')
      .map(
        (name) =>
          name
            .trim()
            .replace(/^urn:[a-z0-9:.]*:(user|group):/i, '')
            .split('.')[0]
            ?.toLowerCase() ?? '',
      )
      .filter(Boolean),
  )
}

const integer = (value: unknown, otherwise: number, name: string): number => {
  if (value === undefined) return otherwise
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new ScimError(400, `'${name}' is not a whole number.`, 'invalidValue')
  return number
}

export const etagOf = (version: bigint | number) => `W/"${version}"`

/** Refuses a change of something that is no longer what the client has seen. */
export const requireMatch = (header: string | undefined, version: bigint) => {
  if (header === undefined || header.trim() === '*') return
  const wanted = header.split(',').map((tag) => tag.trim())
  if (!wanted.includes(etagOf(version)))
    throw new ScimError(412, `This was changed meanwhile; its version is ${etagOf(version)}.`)
}

export const parseBody = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const result = schema.safeParse(body, { error: inWords })
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path.join('.') ?? ''
  // no object at all is another mistake than an attribute that is wrong
  if (!path) throw new ScimError(400, issue?.message ?? 'The body is not valid.', 'invalidSyntax')
  throw new ScimError(400, `'${path}': ${issue?.message}`, 'invalidValue')
}

// some sources send a text; any other than these two could mean either, and half of that lets nobody in
const loose = z.union(
  [
    z.boolean(),
    z
      .string()
      .toLowerCase()
      .pipe(z.enum(['true', 'false']))
      .transform((text) => text === 'true'),
  ],
  'must be true or false',
)

/** Names of attributes are the same in any case (RFC 7643 §2.1). Of two that are the same the later counts. */
const anyCase = <S extends z.ZodRawShape>(shape: S) => {
  const names = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]))
  const named = (value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [names.get(name.toLowerCase()) ?? name, inner]),
    )
  }
  return z.preprocess(named, z.looseObject(shape))
}

const Member = anyCase({ value: z.string().max(64), type: z.string().optional(), $ref: z.string().optional() })
const memberList = z.array(Member).max(50_000)

const text = z.string().max(1_000)
const Email = anyCase({ value: z.string().max(254), type: text.optional(), primary: loose.optional() })

/** Anything else a source says about a person is kept as it comes, within bounds. */
export const UserBody = anyCase({
  schemas: z.array(z.string()).optional(),
  userName: z.string().trim().min(1).max(254),
  externalId: z.string().max(254).nullish(),
  active: loose.optional(),
  displayName: text.nullish(),
  name: anyCase({ formatted: text.nullish(), givenName: text.nullish(), familyName: text.nullish() }).nullish(),
  emails: z.array(Email).max(20).nullish(),
})
export type UserBody = z.infer<typeof UserBody>

export const GroupBody = anyCase({
  schemas: z.array(z.string()).optional(),
  displayName: z.string().trim().min(1).max(200),
  externalId: z.string().max(254).nullish(),
  members: memberList.nullish(),
})
export type GroupBody = z.infer<typeof GroupBody>

export const PatchBody = z.object({
  Operations: z
    .array(
      z.object({
        op: z
          .string()
          .transform((op) => op.toLowerCase())
          .pipe(z.enum(['add', 'replace', 'remove'])),
        // some sources send an empty one, and mean none
        path: z
          .string()
          .trim()
          .max(400)
          .nullish()
          .transform((path) => path || undefined),
        value: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(1_000),
})
export type Operation = z.infer<typeof PatchBody>['Operations'][number]

export const membersIn = (value: unknown): string[] => {
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
  // a group inside a group is no person, and is left out
  return parseBody(memberList, list)
    .filter(({ type }) => type?.toLowerCase() !== 'group')
    .map((member) => member.value)
}
