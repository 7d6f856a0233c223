import { z } from 'zod'
import { type AnyJob, job } from '../../platform/index.ts'
import type { Budgets } from './service.ts'

/** Once a minute: ends reservations whose process is gone, and opens cycles that are due where nobody calls. */
export const budgetJobs = ({ expireHolds, turnCycles }: Pick<Budgets, 'expireHolds' | 'turnCycles'>): AnyJob[] => [
  job({
    name: 'budgets.expire-holds',
    input: z.object({}),
    run: async () => void (await expireHolds()),
    schedule: { cron: '* * * * *', input: {} },
  }),
  job({
    name: 'budgets.turn-cycles',
    input: z.object({}),
    run: turnCycles,
    schedule: { cron: '* * * * *', input: {} },
  }),
]
