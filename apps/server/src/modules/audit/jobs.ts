import { z } from 'zod'
import { type AnyJob, job } from '../../platform/index.ts'
import type { Audit } from './service.ts'

/** Once a minute: signs the chains that grew. */
export const auditJobs = ({ checkpoints }: Audit): AnyJob[] => [
  job({
    name: 'audit.checkpoint',
    input: z.object({}),
    run: (_, signal) => checkpoints.run(signal),
    schedule: { cron: '* * * * *', input: {} },
  }),
]
