import { zitadelRoutes } from '@cockpit/contract/zitadel'
import { bind, type Ctx, Problem } from '../../platform/index.ts'
import type { Zitadel } from './service.ts'

/**
 * What is arranged at Zitadel makes admins of accounts, and of the platform, when they next sign in. So it takes more than
 * the permission, which a role made for the platform can hold alone.
 */
const superOnly = (ctx: Ctx): Ctx => {
  if (ctx.actor.isSuperAdmin) return ctx
  throw new Problem('access.denied', 'What is arranged at Zitadel can make admins, so only super admins arrange it.')
}

export const zitadelHandlers = ({ settings, provisioning, drift, hearing }: Zitadel) =>
  bind(zitadelRoutes, {
    defaults: ({ ctx }) => settings.defaults(ctx),
    setDefaults: ({ ctx, body }) => settings.setDefaults(superOnly(ctx), body),
    config: ({ ctx, params }) => settings.config(ctx, params.id),
    setConfig: ({ ctx, params, body }) => settings.setConfig(superOnly(ctx), params.id, body),
    plan: ({ ctx, params, query }) => provisioning.plan(ctx, params.id, query.rolePrefix),
    grantUser: ({ ctx, params, body }) => provisioning.grantUser(superOnly(ctx), params.id, body),
    createRole: ({ ctx, params, body }) => provisioning.createRole(superOnly(ctx), params.id, body),
    syncRoles: ({ ctx, params, body, query, request }) =>
      provisioning.start(superOnly(ctx), params.id, 'sync_roles', body, { wait: query.wait, signal: request.signal }),
    syncAdminGrants: ({ ctx, params, body, query, request }) =>
      provisioning.start(superOnly(ctx), params.id, 'sync_admin_grants', body, {
        wait: query.wait,
        signal: request.signal,
      }),
    bootstrap: ({ ctx, params, body, query, request }) =>
      provisioning.start(superOnly(ctx), params.id, 'bootstrap', body, { wait: query.wait, signal: request.signal }),
    runs: ({ ctx, params, query }) => provisioning.runs(ctx, params.id, query),
    run: ({ ctx, params }) => provisioning.read(ctx, params.id, params.runId),
    followRun: async ({ ctx, params, request }) => {
      // a missing run is refused before the stream begins
      await provisioning.read(ctx, params.id, params.runId)
      return provisioning.follow(ctx, params.id, params.runId, request.signal)
    },
    resumeRun: ({ ctx, params, query, request }) =>
      provisioning.resume(superOnly(ctx), params.id, params.runId, { wait: query.wait, signal: request.signal }),
    users: ({ ctx, params, query }) => provisioning.users(ctx, params.id, query.q),
    links: ({ ctx, params }) => settings.links(ctx, params.id),
    setLink: ({ ctx, params, body }) => settings.setLink(superOnly(ctx), params.id, body),
    drift: ({ ctx, params }) => drift(ctx, params.id),
    health: ({ ctx }) => hearing.health(ctx),
    poll: ({ ctx }) => hearing.pollNow(ctx),
    webhook: ({ request }) => hearing.webhook(request.rawBody, request.headers['zitadel-signature']),
  })
