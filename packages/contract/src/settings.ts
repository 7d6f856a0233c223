import { z } from 'zod'
import { routes, timestamp } from './kit.ts'

/** What this installation runs with. Never a secret, only whether one is set. */
export const Installation = z
  .object({
    version: z.string(),
    node: z.string(),
    postgres: z.string(),
    database: z.enum(['embedded', 'external']),
    roles: z.array(z.string()),
    publicUrl: z.string(),
    startedAt: timestamp,
    creditsFactor: z.string().describe('Default for new accounts'),
    masterKeySet: z.boolean(),
    secretKey: z.object({ id: z.string(), source: z.enum(['environment', 'file']) }),
    environment: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        value: z.string().nullable().describe('Null for secrets and unset variables'),
        set: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Installation' })
export type Installation = z.infer<typeof Installation>

export const settingsRoutes = routes({
  installation: {
    method: 'GET',
    path: '/v1/installation',
    tag: 'Settings',
    permission: 'settings.read',
    scope: 'platform',
    summary: 'What this installation runs with',
    returns: Installation,
  },
})
