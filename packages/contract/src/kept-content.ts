/** The texts of requests and answers, where an account keeps them: how long, how much of them, and how they are erased. */
import { z } from 'zod'
import { id, routes, timestamp } from './kit.ts'

export const KeptContent = z
  .object({
    kept: z.boolean().describe('Whether texts are kept at all; the platform says so for each account'),
    days: z.number().int().nullable().describe('How long; null: until they are erased'),
    masked: z.boolean().describe('Whether personal data and secrets are masked before texts are kept'),
    held: z.boolean().describe('A legal hold: nothing is removed until it is released'),
    requests: z.number().int().describe('Requests whose texts are kept now'),
    oldestAt: timestamp.nullable(),
  })
  .meta({ id: 'KeptContent' })
export type KeptContent = z.infer<typeof KeptContent>

export const ContentPolicy = z
  .strictObject({ days: z.number().int().min(1).max(3_650).nullable(), masked: z.boolean() })
  .meta({ id: 'ContentPolicy', example: { days: 30, masked: true } })
export type ContentPolicy = z.infer<typeof ContentPolicy>

export const standardContentPolicy: ContentPolicy = { days: null, masked: false }

export const ContentErasure = z
  .strictObject({
    userId: id('usr').optional().describe('Only those of calls that this person’s keys and sessions made'),
    before: timestamp.optional().describe('Only those of earlier calls'),
  })
  .refine(({ userId, before }) => userId !== undefined || before !== undefined, 'say whose, or from when')
  .meta({ id: 'ContentErasure', example: { userId: 'usr_0190f5c27d7a7c3e8f00aa11bb22cc33' } })
export type ContentErasure = z.infer<typeof ContentErasure>

const about = { tag: 'Usage', scope: 'account' } as const
const managing = { ...about, permission: 'audit.manage', stepUp: true } as const

export const keptContentRoutes = routes({
  get: {
    ...about,
    permission: 'audit.read',
    method: 'GET',
    path: '/v1/kept-content',
    summary: 'What is kept of the texts of requests, and for how long',
    returns: KeptContent,
  },
  set: {
    ...managing,
    method: 'PUT',
    path: '/v1/kept-content',
    summary: 'Set how long the texts of requests are kept, and whether they are masked first',
    description: 'What is too old goes within an hour. Masking concerns what is kept from now on.',
    body: ContentPolicy,
    returns: KeptContent,
    emits: 'kept_content.set',
  },
  erase: {
    ...managing,
    method: 'POST',
    path: '/v1/kept-content/erase',
    summary: 'Erase the texts of requests, of one person or of all until a day',
    description: 'Requests stay on record with their figures; only what was said goes, for good.',
    body: ContentErasure,
    returns: z.object({ erased: z.number().int().describe('Requests whose texts are gone') }),
    problems: ['kept_content.held'],
    emits: 'kept_content.erased',
  },
})
