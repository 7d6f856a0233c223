import type { ScimToken } from '@cockpit/contract/scim'
import {
  type Actor,
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
import type { ActorNow } from './port.ts'
import { type StoredToken, tokenRepository } from './tokens-repository.ts'
import { answeringNow, presentVouching, wordOf } from './vouching.ts'

const activeTokensMax = 10

export const createTokens = ({ db, now, actorNow }: { db: Db; now: Clock; actorNow: ActorNow }) => {
  const held = async (tx: Tx, id: string): Promise<StoredToken> => {
    const token = await tokenRepository(tx, now()).hold(id)
    if (!token || token.status === 'revoked') throw new Problem('scim_token.not_found', 'There is no such SCIM token.')
    return token
  }
  /** Who somebody is by now concerns all accounts: a platform transaction knows. */
  const withVouching = async (tx: Tx, tokens: readonly StoredToken[]): Promise<ScimToken[]> => {
    const presented: ScimToken[] = []
    for (const token of tokens)
      presented.push(present(token, await answeringNow(actorNow, tx, token.word, tx.ctx.accountId)))
    return presented
  }

  return {
    async list(ctx: Ctx, query: { limit: number; after?: string | undefined }) {
      const page = await db.tenant(ctx, (tx) => tokenRepository(tx, now()).page(query))
      return { ...page, items: await db.platform(ctx, (tx) => withVouching(tx, page.items)) }
    },

    /** Those of the account that open something, for whoever reviews who reaches it. */
    working: async (tx: Tx): Promise<ScimToken[]> => withVouching(tx, await tokenRepository(tx, now()).active()),

    create: (ctx: Ctx, { name, expiresAt }: { name: string; expiresAt: string | null }) =>
      db.tenant(ctx, async (tx) => {
        await tx.lock('scim_tokens') // two requests at once must not both see the last free place
        if ((await tokenRepository(tx, now()).active()).length >= activeTokensMax)
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
          ...wordOf(ctx, now()),
        })
        await tx.emit('scim_token.created', { subject: subjectOf(token), after: { name, expiresAt } })
        return { ...present(token, ctx.actor), secret }
      }),

    rotate: (ctx: Ctx, id: string, { graceSeconds }: { graceSeconds: number }) =>
      db.tenant(ctx, async (tx) => {
        const before = await held(tx, id)
        refuseOutlasting(tx.ctx, ['identity.write'], before.expiresAt)
        const { secret, ...stored } = mintCredential(tokenPrefix)
        const until = graceSeconds === 0 ? null : new Date(now().getTime() + graceSeconds * 1000)
        const token = await tokenRepository(tx, now()).replaceSecret(id, { ...stored, ...wordOf(ctx, now()) }, until)
        await tx.emit('scim_token.rotated', {
          subject: subjectOf(token),
          before: { preview: before.preview },
          after: { preview: token.preview, graceSeconds },
        })
        return { ...present(token, ctx.actor), secret }
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

const present = ({ word, ...token }: StoredToken, answering: Actor | null): ScimToken => ({
  ...token,
  vouching: presentVouching(word, answering),
})

const subjectOf = ({ id, name }: StoredToken) => ({ type: 'scim_token', id, name })
const past = () =>
  new Problem('input.invalid', "'expiresAt' in the body: is in the past", {
    errors: [{ pointer: '/expiresAt', detail: 'is in the past' }],
  })
