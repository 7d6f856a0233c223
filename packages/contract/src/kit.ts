/** The grammar of the API: what a route is. Browser-safe; depends on zod and nothing else. */
import { z } from 'zod'
import type { Permission } from './permissions.ts'
import type { ProblemCode } from './problems.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * Where a route acts. `platform`: the whole installation, super admins only. `account`: one real account, which the
 * principal must belong to. `any`: the caller's account, or the platform itself when a super admin chose none.
 * `none`: no account at all (sign-in, health, own profile).
 */
export type RouteScope = 'platform' | 'account' | 'any' | 'none'

/** What an alias says by its address alone: it joins the query of a GET and the body of the others. */
export type Alias = { path: `/${string}`; fixes?: Readonly<Record<string, string>> }

/** Why a session reaches little: its person must first do this. */
export const restrictions = ['change_password', 'enrol_second_factor'] as const
export type Restriction = (typeof restrictions)[number]

export type Route = {
  method: Method
  path: `/${string}`
  /** Other addresses that answer the same. */
  aliases?: readonly Alias[]
  summary: string
  description?: string
  tag: string
  /** A permission of the caller's role; `signed-in` needs a principal and no permission; `public` needs nothing. */
  permission: Permission | 'signed-in' | 'public'
  /** Whoever sends no credential at all is let in too, as nobody; a wrong one is still refused. */
  strangers?: true
  /** Whoever holds `permission` in some orgs or teams only is let in too; the handler narrows with `reachOf`. */
  delegable?: true
  scope: RouteScope
  /** While one sees the product as somebody else: never, or always. Without it method and permission decide. */
  asOther?: 'never' | 'always'
  /** Reachable even while its person must first do one of these. */
  evenWhen?: readonly Restriction[]
  /** Reachable from wherever, whatever the lists of allowed networks say. */
  fromAnywhere?: true
  /** Reads only, though its method is not GET. */
  changesNothing?: true
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  returns: z.ZodType
  status?: 200 | 201 | 202 | 204
  /** Another status with which it may succeed; `returns` holds both shapes. */
  orStatus?: 202
  /** Codes this route may answer beside the ones every route may: see `commonProblems`. */
  problems?: readonly ProblemCode[]
  /** The event a successful call writes, which is also its audit action. */
  emits?: string
  /** The answer is a `text/event-stream` whose events have the shape of `returns`. */
  stream?: true
  /** The answer is a file of this type, written while it is read; `returns` is the shape of a piece of its text. */
  file?: 'text/csv; charset=utf-8' | 'application/x-ndjson'
  /** What it shows is sensitive: each look becomes an audit event named `emits`, before the answer leaves. */
  sensitive?: true
  /** A browser is sent on: the answer is 303 with the `location` of what is returned, and no body. */
  redirects?: true
  /** Fields of its answer that move by themselves, such as the time of a last use: they are no part of its ETag. */
  drifts?: readonly string[]
  /** `?dry_run=1` computes the effect and writes nothing. */
  dryRun?: true
  /** The handler gets the body as it came, for a signature is over bytes: `request.rawBody`, and no `body`. */
  rawBody?: true
  /**
   * A browser session does this only shortly after its holder proved who they are; programs are not affected. With
   * names: only a body that carries one of these fields asks for it. `of_others`: only for what somebody else has, which
   * the room finds out.
   */
  stepUp?: true | 'of_others' | readonly string[]
}

/** Every address of a route, its own first. */
export const addressesOf = ({ path, aliases = [] }: Pick<Route, 'path' | 'aliases'>): readonly Alias[] => [
  { path },
  ...aliases,
]

const answersOnce = ({ stream, file, redirects, rawBody }: Route) => !(stream || file || redirects || rawBody)

/** Whether repeating it with the same `Idempotency-Key` answers the first answer: writes of callers that are known. */
export const takesIdempotencyKey = (route: Route): boolean =>
  route.method !== 'GET' &&
  route.permission !== 'public' &&
  !route.strangers &&
  !route.changesNothing &&
  answersOnce(route)

/** Whether it shows one thing, and so has an ETag. */
export const isSingle = (route: Route): boolean =>
  route.method === 'GET' && route.permission !== 'public' && !route.query && answersOnce(route)

/** Declares the routes of one noun and keeps their exact types. */
export const routes = <const R extends Record<string, Route>>(r: R): R => r

/** An identifier such as `key_0190f5…`: a prefix and a UUIDv7 in hex, so that order of ids is order of creation. */
export const id = <P extends string>(prefix: P) =>
  z
    .string()
    .max(64)
    .regex(new RegExp(`^${prefix}_[0-9a-z]+$`), `must be an id like ${prefix}_…`)
    .meta({ example: `${prefix}_0190f5c27d7a7c3e8f00aa11bb22cc33` })

// the year 0 is one of ISO 8601, and of no database
const isOfSomeYear = (text: string) => Date.parse(text) >= Date.parse('0001-01-01T00:00:00Z')
const ofNoYear = 'must not be before the year 1'
export const timestamp = z.iso.datetime().refine(isOfSomeYear, ofNoYear)
/** The same as people write it in a filter, in any time zone. */
export const instant = z.iso.datetime({ offset: true }).refine(isOfSomeYear, ofNoYear)
export const name = z.string().trim().min(1).max(80)
export const email = z.string().trim().toLowerCase().pipe(z.email().max(254)).meta({ example: 'someone@example.com' })

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50).describe('Rows of one page'),
  after: z.string().max(120).optional().describe('Cursor: the `next` of the previous page'),
})
export type PageQuery = z.infer<typeof pageQuery>

export const searchQuery = pageQuery.extend({ q: z.string().trim().max(120).optional().describe('Free-text search') })

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe('Cursor of the next page, or null on the last'),
    total: z.number().int().describe('Rows that match the filters, on all pages'),
  })

/** `?flag=1`, `true` or `yes`. */
export const flag = z.stringbool().default(false)
export const dryRunQuery = z.object({ dry_run: flag.describe('Compute the effect, write nothing') })

/** What one act does, or did, to one of many. */
export const bulkItem = z.object({
  name: z.string().nullable(),
  verdict: z.enum(['changed', 'unchanged', 'skipped']),
  before: z.record(z.string(), z.unknown()).nullable().describe('Only what changes'),
  after: z.record(z.string(), z.unknown()).nullable().describe('Null for what is gone'),
  reason: z.string().nullable().describe('Why it is skipped'),
  code: z.string().nullable().describe('The problem that one call for this one alone would answer'),
})
export type BulkItem = z.infer<typeof bulkItem>
export const bulkCounts = { changed: z.number().int(), unchanged: z.number().int(), skipped: z.number().int() }

/** Requests and tokens a scope may use in a minute; null means unlimited. */
export const RateLimits = z
  .object({
    rpm: z.number().int().min(1).max(10_000_000).nullable().describe('Requests per minute'),
    tpm: z.number().int().min(1).max(10_000_000_000).nullable().describe('Tokens per minute'),
  })
  .meta({ id: 'RateLimits' })
export type RateLimits = z.infer<typeof RateLimits>

/** Which product something governs: centrally governed, or bring your own key. */
export const domains = ['copilot', 'console'] as const
export const Domain = z.enum(domains)
export type Domain = z.infer<typeof Domain>

/** Built-in roles of the platform itself; who holds one may act in any account, as far as the role allows. */
export const platformRoles = ['super_admin', 'platform_operator', 'support'] as const
/** Built-in roles of a member of an account, the mightiest first. */
export const accountRoles = [
  'owner',
  'account_admin',
  'billing_admin',
  'copilot_admin',
  'console_admin',
  'team_admin',
  'member',
  'end_user',
] as const
export const AccountRole = z.enum(accountRoles)
export type AccountRole = z.infer<typeof AccountRole>
export const RoleName = z.enum([...platformRoles, ...accountRoles])
export type RoleName = z.infer<typeof RoleName>
export type PlatformRole = (typeof platformRoles)[number]
export const isAccountRole = (role: RoleName): role is AccountRole => AccountRole.safeParse(role).success
