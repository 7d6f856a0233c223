import { networkRoutes } from '@cockpit/contract/networks'
import { securityRoutes } from '@cockpit/contract/security'
import { bind } from '../../platform/index.ts'
import type { Networks } from './networks.ts'
import type { OwnPasswordRules } from './port.ts'
import type { Security } from './service.ts'

export const securityHandlers = (security: Security, { ownPasswordRules }: { ownPasswordRules: OwnPasswordRules }) =>
  bind(securityRoutes, {
    get: ({ ctx }) => security.get(ctx),
    update: ({ ctx, body }) => security.update(ctx, body),
    passwordRules: ({ ctx }) => security.passwordRules(ctx),
    ownPasswordRules: ({ ctx }) => ownPasswordRules(ctx),
  })

export const networkHandlers = (networks: Networks) =>
  bind(networkRoutes, {
    get: ({ ctx }) => networks.get(ctx),
    update: ({ ctx, body }) => networks.update(ctx, body),
  })
