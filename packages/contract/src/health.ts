import { z } from 'zod'
import { routes } from './kit.ts'

export const healthRoutes = routes({
  live: {
    method: 'GET',
    path: '/health/live',
    tag: 'Health',
    permission: 'public',
    scope: 'none',
    summary: 'The process runs',
    returns: z.object({ status: z.literal('ok') }),
  },
  ready: {
    method: 'GET',
    path: '/health/ready',
    tag: 'Health',
    permission: 'public',
    scope: 'none',
    summary: 'Every part can do its work',
    description: 'Answers 503 and names the parts that are not ready.',
    returns: z.object({ status: z.literal('ok'), parts: z.array(z.string()) }),
    problems: ['internal.unavailable'],
  },
})
