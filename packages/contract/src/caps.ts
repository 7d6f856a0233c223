/** What a run, a session or an agent may use all together: what a call says it belongs to, and what is counted of it. */
import { z } from 'zod'
import { microsOf } from './decimal.ts'
import { id, pageOf, routes, searchQuery, timestamp } from './kit.ts'
import { Credits, PositiveCredits } from './money.ts'

/** A run and a session belong to whoever calls; an agent to the account, whose day it is counted by. */
export const WorkKind = z.enum(['run', 'session', 'agent'])
export type WorkKind = z.infer<typeof WorkKind>
export const workKinds = WorkKind.options

export const workNameCharsMax = 128

const count = (max: number) => z.number().int().min(1).max(max).nullable().optional()
const most = {
  credits: PositiveCredits.nullable().optional(),
  tokens: count(1_000_000_000_000).describe('Input and output together'),
  calls: count(1_000_000_000),
}
const saysSomething = (cap: object) => Object.values(cap).some((value) => value != null)

export const DayCap = z.object(most).strict().refine(saysSomething, 'give at least one number').meta({ id: 'DayCap' })
export const WorkCap = z
  .object({ ...most, seconds: count(366 * 86_400).describe('Since its first call') })
  .strict()
  .refine(saysSomething, 'give at least one number')
  .meta({ id: 'WorkCap' })
export type WorkCap = z.infer<typeof WorkCap>

/** What a caller asks for in a header: `credits=0.5, calls=20`. Null for what is no such list. */
export const readCap = (text: string): WorkCap | null => {
  const said: Record<string, unknown> = {}
  for (const part of text.split(',')) {
    const [name = '', value = '', ...more] = part.split('=').map((word) => word.trim())
    if (more.length > 0 || Object.hasOwn(said, name)) return null
    said[name] = name === 'credits' ? value : /^\d{1,15}$/.test(value) ? Number(value) : null
    if (said[name] === null) return null
  }
  return WorkCap.safeParse(said).data ?? null
}

/** Micro-credits, where the cap has any. */
export const capMicros = ({ credits }: Pick<WorkCap, 'credits'>): bigint | null =>
  credits == null ? null : microsOf(credits)

export const WorkCount = z
  .object({
    id: id('work'),
    kind: WorkKind,
    name: z.string(),
    owner: z.object({ id: z.string(), name: z.string() }).nullable().describe('Null for an agent'),
    day: z.string().nullable().describe('Of an agent, UTC'),
    credits: Credits.describe('Used, and reserved for calls that are under way'),
    tokens: z.number().int(),
    calls: z.number().int(),
    since: timestamp,
    seenAt: timestamp,
  })
  .meta({ id: 'WorkCount' })
export type WorkCount = z.infer<typeof WorkCount>

export const capRoutes = routes({
  list: {
    tag: 'Limits',
    scope: 'account',
    method: 'GET',
    path: '/v1/work-counts',
    permission: 'budget.read',
    summary: 'List what runs, sessions and agents have used, the newest first',
    query: searchQuery.extend({ kind: WorkKind.optional() }),
    returns: pageOf(WorkCount),
  },
})
