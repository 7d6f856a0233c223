import type { RefusalReason } from '@cockpit/contract/tokens'
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
import {
  type IdentityPort,
  type LogoutToken,
  type NoteRefused,
  type OpenIdConnect,
  type Provider,
  ProviderFailure,
} from './port.ts'
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
  noteRefused: NoteRefused
}

const tokenBytesMax = 16 << 10

/** Sign-out at both ends: a person leaves here and there, or a provider says that somebody left. */
export const createSignOut = (deps: Deps) => {
  const { db, now, log, publicUrl, secrets, oidc, providers, identity, noteRefused } = deps
  const wrong = (ctx: Ctx, { reason, detail, provider, said = null, subject = null }: Wrong) => {
    const { requestId } = ctx
    const issuer = provider?.issuer ?? null
    log.warn({ requestId, issuer: issuer ?? said?.issuer, reason, detail }, 'a logout token was refused')
    noteRefused({
      ...{ place: 'back_channel', reason, detail, requestId, issuer, client: provider?.clientId ?? null },
      ...{ providerAccount: provider?.accountId ?? null, subject, email: null },
      // what a stranger invents is shown, and makes no row of its own
      claims: said ? { iss: said.issuer, aud: said.audience } : {},
    })
    return new Problem('auth.logout_token_wrong', 'The logout token is not one that Cockpit takes.')
  }

  /** Checked with the keys of the first provider it can be from; a provider nobody set up is never asked for keys. */
  const verified = async (ctx: Ctx, candidates: readonly Provider[], token: string, said: Said) => {
    let last: ProviderFailure | null = null
    const reasons: string[] = []
    for (const provider of candidates)
      try {
        return { provider, token: await oidc.logoutToken(provider, token) }
      } catch (error) {
        if (!(error instanceof ProviderFailure)) throw error
        last = error
        reasons.push(error.message)
      }
    throw wrong(ctx, {
      reason: last?.reason ?? 'issuer_unknown',
      detail: reasons.join(' ') || 'Nobody here has such a provider.',
      provider: candidates[0],
      said,
    })
  }

  const end = (ctx: Ctx, provider: Provider, { jti, expiresAt, ...login }: LogoutToken) =>
    db.platform({ ...ctx, actor: systemCtx('back-channel').actor, accountId: platformAccount }, async (tx) => {
      const { accountId, issuer, name } = provider
      const key = issuerKeyOf(accountId, issuer)
      if (!(await flowRepository(tx).takeLogoutToken({ issuer: key, jti, expires_at: expiresAt }, now())))
        throw wrong(ctx, { reason: 'replayed', detail: 'It was used before.', provider, subject: login.subject })
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
      if (!said) throw wrong(ctx, { reason: 'malformed', detail: 'It is no token.' })
      const candidates = await providers.byClient(ctx, said.issuer, said.audience)
      const found = await verified(ctx, candidates, token, said)
      let ended = 0
      // accounts that share a client at one provider share its logouts
      for (const provider of candidates.filter(({ clientId }) => clientId === found.provider.clientId))
        ended += await end(ctx, provider, found.token)
      return ended
    },
  }
}
export type SignOut = ReturnType<typeof createSignOut>

type Said = { issuer: string; audience: string[] }
type Wrong = {
  reason: RefusalReason
  detail: string
  provider?: Provider | undefined
  said?: Said | null
  subject?: string | null
}

/** What it says of itself before it is checked: enough to know whose keys to check it with. */
const claimsOf = (token: string): Said | null => {
  try {
    const { iss, aud } = decodeJwt(token)
    const audience = [aud ?? []].flat()
    return typeof iss === 'string' && audience.length > 0 && audience.length <= 20 ? { issuer: iss, audience } : null
  } catch {
    return null
  }
}
