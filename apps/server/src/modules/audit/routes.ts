import { auditRoutes } from '@cockpit/contract/audit'
import { bind } from '../../platform/index.ts'
import type { Audit } from './service.ts'

export const auditHandlers = (audit: Audit) =>
  bind(auditRoutes, {
    list: ({ ctx, query }) => audit.list(ctx, query),
    get: ({ ctx, params }) => audit.get(ctx, params.id),
    exportJsonl: ({ ctx, query }) => audit.export.events(ctx, query, 'jsonl'),
    exportCsv: ({ ctx, query }) => audit.export.events(ctx, query, 'csv'),
    exportOcsf: ({ ctx, query }) => audit.export.events(ctx, query, 'ocsf'),
    status: ({ ctx }) => audit.status(ctx),
    verification: ({ ctx, request }) => audit.verify(ctx, request.signal),
    checkpoints: ({ ctx, query }) => audit.listCheckpoints(ctx, query),
    retention: ({ ctx }) => audit.retention.get(ctx),
    setRetention: ({ ctx, body, query }) => audit.retention.set(ctx, body.days, query.dry_run),
    holds: ({ ctx, query }) => audit.retention.listHolds(ctx, query),
    createHold: ({ ctx, body }) => audit.retention.hold(ctx, body.reason),
    releaseHold: ({ ctx, params }) => audit.retention.release(ctx, params.id),
    destinations: ({ ctx, query }) => audit.destinations.list(ctx, query),
    createDestination: ({ ctx, body }) => audit.destinations.create(ctx, body),
    updateDestination: ({ ctx, params, body }) => audit.destinations.update(ctx, params.id, body),
    rotateDestination: ({ ctx, params }) => audit.destinations.rotate(ctx, params.id),
    removeDestination: ({ ctx, params }) => audit.destinations.remove(ctx, params.id),
    exportCheckpoints: async ({ ctx }) => audit.export.checkpoints(ctx),
  })
