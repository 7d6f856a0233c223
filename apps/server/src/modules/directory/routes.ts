import { orgRoutes, serviceAccountRoutes, teamMemberRoutes, teamRoutes } from '@cockpit/contract/directory'
import { directoryPolicyRoutes, userRoutes } from '@cockpit/contract/users'
import { bind } from '../../platform/index.ts'
import type { Directory } from './service.ts'

export const directoryHandlers = ({ orgs, teams, members, users, policy, serviceAccounts, ...many }: Directory) => [
  ...bind(orgRoutes, {
    list: ({ ctx, query }) => orgs.list(ctx, query),
    create: ({ ctx, body }) => orgs.create(ctx, body),
    bulk: ({ ctx, body, query }) => many.bulkUnits.orgs(ctx, body.orgIds, query.dry_run),
    get: ({ ctx, params }) => orgs.get(ctx, params.id),
    update: ({ ctx, params, body }) => orgs.update(ctx, params.id, body),
    remove: ({ ctx, params }) => orgs.remove(ctx, params.id),
  }),
  ...bind(teamRoutes, {
    list: ({ ctx, query }) => teams.list(ctx, query),
    create: ({ ctx, body }) => teams.create(ctx, body),
    bulk: ({ ctx, body, query }) => many.bulkUnits.teams(ctx, body.teamIds, body.act, query.dry_run),
    get: ({ ctx, params }) => teams.get(ctx, params.id),
    update: ({ ctx, params, body }) => teams.update(ctx, params.id, body),
    remove: ({ ctx, params }) => teams.remove(ctx, params.id),
  }),
  ...bind(teamMemberRoutes, {
    list: ({ ctx, params, query }) => members.list(ctx, params.id, query),
    add: ({ ctx, params, body }) => members.add(ctx, params.id, body.userIds),
    removeSome: ({ ctx, params, body }) => members.removeSome(ctx, params.id, body.userIds),
    remove: ({ ctx, params }) => members.remove(ctx, params.id, params.userId),
  }),
  ...bind(directoryPolicyRoutes, {
    get: ({ ctx }) => policy.get(ctx),
    set: ({ ctx, body }) => policy.set(ctx, body.handEdits),
  }),
  ...bind(userRoutes, {
    list: ({ ctx, query }) => users.list(ctx, query),
    create: ({ ctx, body }) => users.create(ctx, body),
    get: ({ ctx, params }) => users.get(ctx, params.id),
    update: ({ ctx, params, body }) => users.update(ctx, params.id, body),
    remove: ({ ctx, params }) => users.remove(ctx, params.id),
    leave: ({ ctx }) => users.leave(ctx),
    bulk: ({ ctx, body, query }) => many.bulk.run(ctx, body.userIds, body.act, query.dry_run),
    bulkMatching: ({ ctx, body, query }) => many.bulk.runMatching(ctx, body, query.dry_run),
    import: ({ ctx, body, query }) => many.import.run(ctx, body.csv, { onError: body.onError, dryRun: query.dry_run }),
    export: ({ ctx, query, reply }) => {
      reply.header('content-disposition', 'attachment; filename="people.csv"')
      return many.export(ctx, query)
    },
  }),
  ...bind(serviceAccountRoutes, {
    list: ({ ctx, query }) => serviceAccounts.list(ctx, query),
    create: ({ ctx, body }) => serviceAccounts.create(ctx, body),
    get: ({ ctx, params }) => serviceAccounts.get(ctx, params.id),
    update: ({ ctx, params, body }) => serviceAccounts.update(ctx, params.id, body),
    remove: ({ ctx, params }) => serviceAccounts.remove(ctx, params.id),
  }),
]
