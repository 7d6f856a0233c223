import { accessRoutes } from '@cockpit/contract/access'
import { roleAssignmentRoutes, roleRequestRoutes } from '@cockpit/contract/assignments'
import { identityRoutes } from '@cockpit/contract/identity'
import { impersonationRoutes } from '@cockpit/contract/impersonations'
import { denyRuleRoutes, roleRoutes } from '@cockpit/contract/roles'
import { userPermissionRoutes } from '@cockpit/contract/user-permissions'
import { bind } from '../../platform/index.ts'
import type { Access } from './service.ts'

const { context } = identityRoutes

export const accessHandlers = (access: Access) => [
  ...bind({ context }, { context: ({ ctx }) => access.describeAny(ctx) }),
  ...bind(roleRoutes, {
    list: ({ ctx }) => access.roles.list(ctx),
    create: ({ ctx, body }) => access.roles.create(ctx, body),
    update: ({ ctx, params, body }) => access.roles.update(ctx, params.id, body),
    remove: ({ ctx, params, query }) => access.roles.remove(ctx, params.id, query.replacement),
  }),
  ...bind(denyRuleRoutes, {
    list: ({ ctx, query }) => access.denials.list(ctx, query),
    create: ({ ctx, body }) => access.denials.create(ctx, body),
    remove: ({ ctx, params }) => access.denials.remove(ctx, params.id),
  }),
  ...bind(roleAssignmentRoutes, {
    list: ({ ctx, query }) => access.assignments.list(ctx, query),
    create: ({ ctx, body }) => access.assignments.create(ctx, body),
    end: ({ ctx, params }) => access.assignments.end(ctx, params.id),
  }),
  ...bind(roleRequestRoutes, {
    list: ({ ctx, query }) => access.requests.list(ctx, query),
    create: ({ ctx, body }) => access.requests.create(ctx, body),
    approve: ({ ctx, params, body }) => access.requests.approve(ctx, params.id, body.reason),
    refuse: ({ ctx, params, body }) => access.requests.refuse(ctx, params.id, body.reason),
    withdraw: ({ ctx, params }) => access.requests.withdraw(ctx, params.id),
  }),
  ...bind(accessRoutes, {
    simulate: ({ ctx, body }) => access.simulate(ctx, body),
    review: ({ ctx, query }) => access.review.page(ctx, query),
    reviewCsv: ({ ctx, query }) => access.review.csv(ctx, query),
    reviewLines: ({ ctx, query }) => access.review.lines(ctx, query),
  }),
  ...bind(userPermissionRoutes, { list: ({ ctx, params }) => access.permissionsOf(ctx, params.id) }),
  ...bind(impersonationRoutes, {
    list: ({ ctx, query }) => access.impersonations.list(ctx, query),
    start: ({ ctx, body }) => access.impersonations.start(ctx, body),
    stop: ({ ctx }) => access.impersonations.stop(ctx),
    mine: ({ ctx }) => access.impersonations.mine(ctx),
    seen: ({ ctx }) => access.impersonations.markSeen(ctx),
    settings: ({ ctx }) => access.impersonations.settings(ctx),
    setSettings: ({ ctx, body }) => access.impersonations.setSettings(ctx, body),
  }),
]
