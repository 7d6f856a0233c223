import { auditRoutes } from '@cockpit/contract/audit'
import { bind } from '../../platform/index.ts'
import type { Audit } from './service.ts'

export const auditHandlers = (audit: Audit) =>
  bind(auditRoutes, {
    list: ({ ctx, query }) => audit.list(ctx, query),
    get: ({ ctx, params }) => audit.get(ctx, params.id),
  })
