import { guardrailServiceRoutes } from '@cockpit/contract/guardrail-services'
import { guardrailRoutes } from '@cockpit/contract/guardrails'
import { bind } from '../../platform/index.ts'
import type { Guardrails } from './service.ts'
import type { GuardrailServices } from './services.ts'

export const guardrailHandlers = (guardrails: Guardrails) =>
  bind(guardrailRoutes, {
    list: ({ ctx }) => guardrails.list(ctx),
    create: ({ ctx, body }) => guardrails.create(ctx, body),
    test: ({ ctx, body }) => guardrails.test(ctx, body),
    preview: ({ ctx, body }) => guardrails.preview(ctx, body),
    series: ({ ctx, query }) => guardrails.series(ctx, query),
    verdicts: ({ ctx, query }) => guardrails.verdicts(ctx, query),
    get: ({ ctx, params }) => guardrails.get(ctx, params.id),
    update: ({ ctx, params, body }) => guardrails.update(ctx, params.id, body),
    remove: ({ ctx, params }) => guardrails.remove(ctx, params.id),
  })

export const guardrailServiceHandlers = (services: GuardrailServices) =>
  bind(guardrailServiceRoutes, {
    list: ({ ctx }) => services.list(ctx),
    create: ({ ctx, body }) => services.create(ctx, body),
    get: ({ ctx, params }) => services.get(ctx, params.id),
    update: ({ ctx, params, body }) => services.update(ctx, params.id, body),
    remove: ({ ctx, params }) => services.remove(ctx, params.id),
    check: ({ ctx, params, body }) => services.check(ctx, params.id, body),
  })
