/** What the gateway keeps for its callers: responses to continue, files and batches, and for how long. */
import { z } from 'zod'
import { routes } from './kit.ts'

export const KeepsResponses = z
  .enum(['asked', 'always', 'never'])
  .describe('`asked`: those whose caller sends `store: true`; `always`: all but those with `store: false`')
export type KeepsResponses = z.infer<typeof KeepsResponses>

const days = z.number().int().min(1).max(365)

export const StoredPolicy = z
  .object({
    responses: KeepsResponses,
    responseDays: days.describe('After how many days a kept response is deleted'),
    fileDays: days.describe('After how many days a file, or a batch that has ended, is deleted'),
  })
  .meta({ id: 'StoredPolicy' })
export type StoredPolicy = z.infer<typeof StoredPolicy>

export const standardStoredPolicy: StoredPolicy = { responses: 'asked', responseDays: 30, fileDays: 30 }

export const storedRoutes = routes({
  policy: {
    method: 'GET',
    path: '/v1/stored/policy',
    tag: 'Stored',
    permission: 'settings.read',
    scope: 'account',
    summary: 'What is kept for callers of the gateway, and for how long',
    returns: StoredPolicy,
  },
  updatePolicy: {
    method: 'PATCH',
    path: '/v1/stored/policy',
    tag: 'Stored',
    permission: 'settings.write',
    scope: 'account',
    summary: 'Change what is kept for callers of the gateway, and for how long',
    description: 'Fewer days count for what is kept already too: it is deleted within the hour.',
    body: StoredPolicy.partial()
      .strict()
      .meta({ id: 'StoredPolicyPatch', example: { responseDays: 14 } }),
    returns: StoredPolicy,
    emits: 'stored_policy.updated',
  },
})
