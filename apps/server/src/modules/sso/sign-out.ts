import { decodeJwt } from 'jose'
import {
  type Clock,
  type Ctx,
  type Db,
  type Log,
  Problem,
  platformAccount,
  type Sealing,
  systemCtx,
} from '../../platform/index.ts'
import { idTokenContext } from './arrival.ts'
import { flowRepository } from './flows-repository.ts'
import { issuerKeyOf, signInPath } from './model.ts'
import { type IdentityPort, type LogoutToken, type OpenIdConnect, type Provider, ProviderFailure } from './port.ts'
import type { Providers } from './providers.ts'

type Deps = {
  db: Db
  now: Clock
  log: Log
  publicUrl: string
  secrets: Pick<Sealing, 'open'>
  oidc: OpenIdConnect
  providers: Providers
  identity: IdentityPort
}

const tokenBytesMax = 16 << 10

/** Sign-out at both ends: a person leaves here and there, or a provider says that somebody left. */
export const createSignOut = ({ db, now, log, publicUrl, secrets, oidc, providers, identity }: Deps) => {
  const wrong = (ctx: Ctx, detail: string, issuer?: string) => {
    log.warn({ requestId: ctx.requestId, issuer, detail }, 'a logout token was refused')
    return new Problem('auth.logout_token_wrong', 'The logout token is not one that Cockpit takes.')
  }

  /** Checked with the keys of the first provider it can be from; a provider nobody set up is never asked for keys. */
  const verified = async (ctx: Ctx, candidates: readonly Provider[], token: string) => {
    const reasons: string[] = []
    for (const provider of candidates)
      try {
        return { provider, token: await oidc.logoutToken(provider, token) }
      } catch (error) {
        if (!(error instanceof ProviderFailure)) throw error
        reasons.push(error.message)
      }
    throw wrong(ctx, reasons.join(' ') || 'Nobody here has such a provider.')
  }

  const end = (ctx: Ctx, { accountId, issuer, name }: Provider, { jti, expiresAt, ...login }: LogoutToken) =>
    db.platform({ ...ctx, actor: systemCtx('back-channel').actor, accountId: platformAccount }, async (tx) => {
      const key = issuerKeyOf(accountId, issuer)
      if (!(await flowRepository(tx).takeLogoutToken({ issuer: key, jti, expires_at: expiresAt }, now())))
        throw wrong(ctx, 'It was used before.', issuer)
      return identity.endOfLogin(tx, { issuer: key, ...login }, `${name} ended the login`)
    })

  return {
    /** Ends the session here; answers where to end the login at the provider, if there is such a place. */
    async signOut(ctx: Ctx): Promise<string | null> {
      const { sessionId } = ctx
      const kept =
        sessionId === null
          ? null
          : await db.platform({ ...ctx, accountId: platformAccount }, (tx) => flowRepository(tx).takeIdToken(sessionId))
      await identity.signOut(ctx)
      if (!kept) return null
      const { session_id, provider_account, sealed_id_token } = kept
      const known = await providers.find(ctx, provider_account)
      if (!known) return null
      const idToken = secrets.open(sealed_id_token, idTokenContext(session_id))
      // signed out here they are; a provider that is down must not keep them in
      return oidc
        .signOutUrl(known.provider, { idToken, returnTo: `${publicUrl}${signInPath}` })
        .catch((error: unknown) => {
          if (error instanceof ProviderFailure) return null
          throw error
        })
    },

    async backchannel(ctx: Ctx, body: Buffer | null): Promise<number> {
      const token = new URLSearchParams(body?.subarray(0, tokenBytesMax).toString('utf8')).get('logout_token') ?? ''
      const said = claimsOf(token)
      if (!said) throw wrong(ctx, 'It is no token.')
      const candidates = await providers.byClient(ctx, said.issuer, said.audience)
      const found = await verified(ctx, candidates, token)
      let ended = 0
      // accounts that share a client at one provider share its logouts
      for (const provider of candidates.filter(({ clientId }) => clientId === found.provider.clientId))
        ended += await end(ctx, provider, found.token)
      return ended
    },
  }
}
export type SignOut = ReturnType<typeof createSignOut>

/** What it says of itself before it is checked: enough to know whose keys to check it with. */
const claimsOf = (token: string): { issuer: string; audience: string[] } | null => {
  try {
    const { iss, aud } = decodeJwt(token)
    const audience = [aud ?? []].flat()
    return typeof iss === 'string' && audience.length > 0 && audience.length <= 20 ? { issuer: iss, audience } : null
  } catch {
    return null
  }
}
