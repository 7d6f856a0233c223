import { randomBytes } from 'node:crypto'
import { createSealing, type Db } from '../../platform/index.ts'
import { quietLog } from '../../platform/testing.ts'
import type { AuditDeps } from './service.ts'

/** What an audit room needs, with nobody to deliver to; say what differs. */
export const auditDeps = (differs: Partial<AuditDeps> & { db: Db; dataDir: string }): AuditDeps => ({
  now: () => new Date(),
  log: quietLog,
  auditKey: null,
  signs: true,
  secrets: createSealing(randomBytes(32)),
  deliver: async () => 'nobody is there',
  allowPrivateTargets: false,
  namesPrivateAddress: () => false,
  ...differs,
})
