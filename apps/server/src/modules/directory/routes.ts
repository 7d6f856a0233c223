import { orgRoutes, serviceAccountRoutes, teamRoutes, userRoutes } from '@cockpit/contract/directory'
import { bind } from '../../platform/index.ts'
import type { Directory } from './service.ts'

export const directoryHandlers = ({ orgs, teams, users, serviceAccounts }: Directory) => [
  ...bind(orgRoutes, {
    list: ({ ctx, query }) => orgs.list(ctx, query),
    create: ({ ctx, body }) => orgs.create(ctx, body),
    get: ({ ctx, params }) => orgs.get(ctx, params.id),
    update: ({ ctx, params, body }) => orgs.update(ctx, params.id, body),
    remove: ({ ctx, params }) => orgs.remove(ctx, params.id),
  }),
  ...bind(teamRoutes, {
    list: ({ ctx, query }) => teams.list(ctx, query),
    create: ({ ctx, body }) => teams.create(ctx, body),
    get: ({ ctx, params }) => teams.get(ctx, params.id),
    update: ({ ctx, params, body }) => teams.update(ctx, params.id, body),
    remove: ({ ctx, params }) => teams.remove(ctx, params.id),
  }),
  ...bind(userRoutes, {
    list: ({ ctx, query }) => users.list(ctx, query),
    create: ({ ctx, body }) => users.create(ctx, body),
    get: ({ ctx, params }) => users.get(ctx, params.id),
    update: ({ ctx, params, body }) => users.update(ctx, params.id, body),
    remove: ({ ctx, params }) => users.remove(ctx, params.id),
  }),
  ...bind(serviceAccountRoutes, {
    list: ({ ctx, query }) => serviceAccounts.list(ctx, query),
    create: ({ ctx, body }) => serviceAccounts.create(ctx, body),
    remove: ({ ctx, params }) => serviceAccounts.remove(ctx, params.id),
  }),
]
