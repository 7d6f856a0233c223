import { z } from 'zod'
import { type AnyJob, job } from '../../platform/index.ts'
import type { Audit } from './service.ts'

/** Once a minute: signs the chains that grew. Once a night: removes what nobody wants kept. */
export const auditJobs = ({ checkpoints, retention }: Audit): AnyJob[] => [
  job({
    name: 'audit.checkpoint',
    input: z.object({}),
    run: (_, signal) => checkpoints.run(signal),
    schedule: { cron: '* * * * *', input: {} },
  }),
  job({
    name: 'audit.prune',
    input: z.object({}),
    run: (_, signal) => retention.run(signal),
    schedule: { cron: '17 3 * * *', input: {} },
  }),
]
