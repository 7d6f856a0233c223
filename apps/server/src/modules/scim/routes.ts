import { scimRoutes } from '@cockpit/contract/scim'
import { type Bound, bind } from '../../platform/index.ts'
import type { Scim } from './service.ts'

export const scimHandlers = ({ tokens, rules, journal, state, groups }: Scim): Bound[] =>
  bind(scimRoutes, {
    state: ({ ctx }) => state(ctx),
    tokens: ({ ctx, query }) => tokens.list(ctx, query),
    createToken: ({ ctx, body }) => tokens.create(ctx, body),
    rotateToken: ({ ctx, params, body }) => tokens.rotate(ctx, params.id, body),
    revokeToken: ({ ctx, params }) => tokens.revoke(ctx, params.id),
    rules: ({ ctx }) => rules.list(ctx),
    setRules: ({ ctx, body }) => rules.set(ctx, body.items),
    previewRules: ({ ctx, body }) => rules.preview(ctx, body.items),
    groups: ({ ctx, query }) => groups(ctx, query),
    requests: ({ ctx, query }) => journal.list(ctx, query),
  })
