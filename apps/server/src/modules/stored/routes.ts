import { storedRoutes } from '@cockpit/contract/stored'
import { bind } from '../../platform/index.ts'
import type { Stored } from './service.ts'

export const storedHandlers = ({ policy }: Stored) =>
  bind(storedRoutes, {
    policy: ({ ctx }) => policy.get(ctx),
    updatePolicy: ({ ctx, body }) => policy.update(ctx, body),
  })
