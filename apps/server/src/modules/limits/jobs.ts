import { z } from 'zod'
import { type AnyJob, job } from '../../platform/index.ts'
import type { WorkCountsRoom } from './work.ts'

/** Once a day: forgets runs, sessions and agents that nobody goes on with. */
export const limitJobs = ({ forget }: Pick<WorkCountsRoom, 'forget'>): AnyJob[] => [
  job({
    name: 'limits.forget-work',
    input: z.object({}),
    run: forget,
    schedule: { cron: '40 3 * * *', input: {} },
  }),
]
