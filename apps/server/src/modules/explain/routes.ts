import { explainRoutes } from '@cockpit/contract/explain'
import { bind } from '../../platform/index.ts'
import type { Explain } from './service.ts'

export const explainHandlers = (explain: Explain) =>
  bind(explainRoutes, {
    effective: ({ ctx }) => explain.effective(ctx),
    explain: ({ ctx, body }) => explain.explain(ctx, body),
  })
