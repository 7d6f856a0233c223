import { storedRoutes } from '@cockpit/contract/stored'
import { bind } from '../../platform/index.ts'
import type { Stored } from './service.ts'

export const storedHandlers = ({ policy, seen }: Stored) =>
  bind(storedRoutes, {
    batches: ({ ctx, query }) => seen.batches(ctx, query),
    batch: ({ ctx, params }) => seen.batch(ctx, params.id),
    cancelBatch: ({ ctx, params }) => seen.cancelBatch(ctx, params.id),
    batchResults: ({ ctx, params }) => seen.results(ctx, params.id),
    files: ({ ctx, query }) => seen.files(ctx, query),
    deleteFile: ({ ctx, params }) => seen.deleteFile(ctx, params.id),
    policy: ({ ctx }) => policy.get(ctx),
    updatePolicy: ({ ctx, body }) => policy.update(ctx, body),
  })
