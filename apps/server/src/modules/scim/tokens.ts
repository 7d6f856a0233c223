import type { ScimToken } from '@cockpit/contract/scim'
import {
  type Clock,
  type Ctx,
  type Db,
  mintCredential,
  newId,
  Problem,
  refuseOutlasting,
  type Tx,
} from '../../platform/index.ts'
import { tokenPrefix } from './model.ts'
import { tokenRepository } from './tokens-repository.ts'

const activeTokensMax = 10

export const createTokens = ({ db, now }: { db: Db; now: Clock }) => {
  const held = async (tx: Tx, id: string): Promise<ScimToken> => {
    const token = await tokenRepository(tx, now()).hold(id)
    if (!token || token.status === 'revoked') throw new Problem('scim_token.not_found', 'There is no such SCIM token.')
    return token
  }
  return {
    list: (ctx: Ctx, query: { limit: number; after?: string | undefined }) =>
      db.tenant(ctx, (tx) => tokenRepository(tx, now()).page(query)),

    create: (ctx: Ctx, { name, expiresAt }: { name: string; expiresAt: string | null }) =>
      db.tenant(ctx, async (tx) => {
        await tx.lock('scim_tokens') // two requests at once must not both see the last free place
        if ((await tokenRepository(tx, now()).countActive()) >= activeTokensMax)
          throw new Problem(
            'scim_token.limit_reached',
            `An account has at most ${activeTokensMax} working SCIM tokens; revoke one that is no longer needed.`,
          )
        if (expiresAt !== null && new Date(expiresAt) <= now()) throw past()
        refuseOutlasting(tx.ctx, ['identity.write'], expiresAt)
        const { secret, ...stored } = mintCredential(tokenPrefix)
        const token = await tokenRepository(tx, now()).insert({
          ...stored,
          id: newId('sct', now()),
          name,
          expires_at: expiresAt === null ? null : new Date(expiresAt),
          created_at: now(),
          created_by: ctx.actor.id,
          ...vouchedBy(ctx),
        })
        await tx.emit('scim_token.created', { subject: subjectOf(token), after: { name, expiresAt } })
        return { ...token, secret }
      }),

    rotate: (ctx: Ctx, id: string, { graceSeconds }: { graceSeconds: number }) =>
      db.tenant(ctx, async (tx) => {
        const before = await held(tx, id)
        refuseOutlasting(tx.ctx, ['identity.write'], before.expiresAt)
        const { secret, ...stored } = mintCredential(tokenPrefix)
        const until = graceSeconds === 0 ? null : new Date(now().getTime() + graceSeconds * 1000)
        const token = await tokenRepository(tx, now()).replaceSecret(id, { ...stored, ...vouchedBy(ctx) }, until)
        await tx.emit('scim_token.rotated', {
          subject: subjectOf(token),
          before: { preview: before.preview },
          after: { preview: token.preview, graceSeconds },
        })
        return { ...token, secret }
      }),

    revoke: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const token = await held(tx, id)
        await tokenRepository(tx, now()).update(id, {
          revoked_at: now(),
          previous_hash: null,
          previous_valid_until: null,
        })
        await tx.emit('scim_token.revoked', { subject: subjectOf(token), before: { status: token.status } })
      }),
  }
}

/** Whoever knows the secret answers for what is done with it. */
const vouchedBy = ({ actor }: Ctx) => ({ vouched_kind: actor.kind, vouched_by: actor.id })

const subjectOf = ({ id, name }: ScimToken) => ({ type: 'scim_token', id, name })
const past = () =>
  new Problem('input.invalid', "'expiresAt' in the body: is in the past", {
    errors: [{ pointer: '/expiresAt', detail: 'is in the past' }],
  })
