/** The sealed way in for the day on which no other works: one code, one session, told to every super admin. */
import { z } from 'zod'
import { breakGlassCode } from './break-glass-code.ts'
import { MeContext } from './identity.ts'
import { id, routes, timestamp } from './kit.ts'

export const breakGlassMinutesMax = 60

export const BreakGlassSession = z
  .object({
    id: id('bgl'),
    reason: z.string(),
    openedAt: timestamp,
    endsAt: timestamp.describe('When it ends, or ended'),
    open: z.boolean(),
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    acknowledged: z.boolean().describe('Whether you have said that you know of it'),
  })
  .meta({ id: 'BreakGlassSession' })
export type BreakGlassSession = z.infer<typeof BreakGlassSession>

const OpenBreakGlass = z
  .object({
    code: breakGlassCode,
    reason: z.string().trim().min(5).max(500).describe('Stands beside everything that is done'),
    minutes: z.number().int().min(5).max(breakGlassMinutesMax).default(breakGlassMinutesMax),
  })
  .strict()
export type OpenBreakGlass = z.infer<typeof OpenBreakGlass>

export const breakGlassRoutes = routes({
  state: {
    method: 'GET',
    path: '/v1/break-glass',
    tag: 'Identity',
    permission: 'public',
    scope: 'none',
    summary: 'How long a break-glass session may last',
    description: 'Like opening one, it answers 404 unless `COCKPIT_BREAK_GLASS` is set.',
    returns: z.object({ minutesMax: z.number().int() }),
  },
  open: {
    method: 'POST',
    path: '/v1/break-glass',
    tag: 'Identity',
    permission: 'public',
    scope: 'none',
    status: 201,
    summary: 'Break the glass: a super admin session for at most an hour',
    description:
      'The code works once. All super admins are told, and everything done in the session names it and the reason.',
    body: OpenBreakGlass,
    returns: MeContext,
    problems: ['auth.failed', 'auth.locked', 'break_glass.used', 'network.not_allowed'],
    emits: 'break_glass.opened',
  },
  sessions: {
    method: 'GET',
    path: '/v1/break-glass/sessions',
    tag: 'Identity',
    permission: 'access.write',
    scope: 'platform',
    summary: 'List the latest break-glass sessions',
    returns: z.object({ items: z.array(BreakGlassSession) }),
  },
  end: {
    method: 'DELETE',
    path: '/v1/break-glass/sessions',
    tag: 'Identity',
    permission: 'access.write',
    scope: 'platform',
    summary: 'End the break-glass session that is open',
    returns: z.object({ ended: z.number().int() }),
    emits: 'break_glass.ended',
  },
  acknowledge: {
    method: 'POST',
    path: '/v1/break-glass/acknowledgements',
    tag: 'Identity',
    permission: 'access.write',
    scope: 'platform',
    status: 204,
    summary: 'Say that you know of the break-glass sessions up to one',
    body: z.object({ upTo: timestamp.describe('When the latest one you saw was opened') }).strict(),
    returns: z.void(),
    emits: 'break_glass.acknowledged',
  },
})
