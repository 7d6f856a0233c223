import { guardrailRoutes } from '@cockpit/contract/guardrails'
import { bind } from '../../platform/index.ts'
import type { Guardrails } from './service.ts'

export const guardrailHandlers = (guardrails: Guardrails) =>
  bind(guardrailRoutes, {
    list: ({ ctx }) => guardrails.list(ctx),
    create: ({ ctx, body }) => guardrails.create(ctx, body),
    test: async ({ body }) => guardrails.test(body),
    preview: ({ ctx, body }) => guardrails.preview(ctx, body),
    series: ({ ctx, query }) => guardrails.series(ctx, query),
    verdicts: ({ ctx, query }) => guardrails.verdicts(ctx, query),
    get: ({ ctx, params }) => guardrails.get(ctx, params.id),
    update: ({ ctx, params, body }) => guardrails.update(ctx, params.id, body),
    remove: ({ ctx, params }) => guardrails.remove(ctx, params.id),
  })
