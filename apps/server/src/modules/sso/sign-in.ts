import {
  type Clock,
  type Ctx,
  type Db,
  type Log,
  Problem,
  platformAccount,
  randomSecret,
  type Sealing,
  sha256Hex,
} from '../../platform/index.ts'
import { createArrival } from './arrival.ts'
import { flowMs } from './cookie.ts'
import { flowRepository } from './flows-repository.ts'
import { safeReturnPath, storyOf } from './model.ts'
import type { Checks, IdentityPort, NoteRefused, OpenIdConnect, Provider, SettleInvitations } from './port.ts'
import { ProviderFailure } from './port.ts'
import type { Known, Providers } from './providers.ts'

export type SignInDeps = {
  db: Db
  now: Clock
  log: Log
  secrets: Pick<Sealing, 'seal' | 'open'>
  oidc: OpenIdConnect
  providers: Providers
  identity: IdentityPort
  settleInvitations: SettleInvitations
  noteRefused: NoteRefused
}

/** The browser goes on to `location`; `browser` is the secret for its cookie. */
export type Started = { location: string; browser: string }
export type Asked = { accountId?: string | null | undefined; email?: string | undefined; next?: string | undefined }
export type Answer = {
  /** The account in the path of the callback; null for the provider of the installation. */
  accountId: string | null
  query: URLSearchParams
  browser: string | null
  oldToken: string | null
}

/** How old a proof may be when it was asked for anew: the time that the person takes at the provider. */
const freshSeconds = flowMs / 1000

export const createSignIn = (deps: SignInDeps) => {
  const { db, now, log, secrets, oidc, providers, identity, noteRefused } = deps
  const arrival = createArrival(deps)

  const begin = async (
    ctx: Ctx,
    { provider }: Known,
    wish: { asked: Asked; browser: string | null; sessionId: string | null },
  ): Promise<Started> => {
    const { asked, sessionId } = wish
    const checks = oidc.newChecks(sessionId === null ? null : freshSeconds)
    const hints = { loginHint: asked.email ?? null, prompt: sessionId === null ? null : ('login' as const) }
    const location = await oidc.authorizationUrl(provider, checks, hints).catch(answerFailure(ctx, provider))
    // tabs of one browser share the cookie, so a second sign-in does not spoil the first
    const browser = wish.browser ?? randomSecret()
    const stateHash = sha256Hex(checks.state)
    const at = now()
    const flow = {
      state_hash: stateHash,
      browser_hash: sha256Hex(browser),
      provider_account: storyOf(provider.accountId),
      sealed_checks: secrets.seal(JSON.stringify(checks), flowContext(stateHash)),
      return_path: safeReturnPath(asked.next),
      account_hint: asked.accountId ?? null,
      session_id: sessionId,
      created_at: at,
      expires_at: new Date(at.getTime() + flowMs),
    }
    await db.platform({ ...ctx, accountId: platformAccount }, (tx) => flowRepository(tx).begin(flow, at))
    return { location, browser }
  }

  const answerFailure =
    (ctx: Ctx, { issuer, accountId, clientId }: Provider) =>
    (error: unknown): never => {
      if (!(error instanceof ProviderFailure)) throw error
      const { reason, message } = error
      log.warn({ requestId: ctx.requestId, issuer, accountId, reason, detail: message }, 'a sign-in could not begin')
      noteRefused({
        ...{ place: 'browser', reason, detail: message, requestId: ctx.requestId, providerAccount: accountId },
        ...{ issuer, client: clientId, subject: null, email: null, claims: {} },
      })
      throw new Problem(
        'sso.provider_failed',
        'The identity provider does not answer as it should. Try again, or tell your administrator; the log and the sign-in diagnostics of Cockpit say why.',
      )
    }

  return {
    async start(ctx: Ctx, asked: Asked, browser: string | null): Promise<Started> {
      await identity.limit(ctx, asked.email)
      // an account without a provider of its own is reached by that of the installation
      const known = (await providers.find(ctx, asked.accountId ?? null)) ?? (await providers.find(ctx, null))
      if (!known) throw notAvailable()
      return begin(ctx, known, { asked, browser, sessionId: null })
    },

    /** The holder of a session proves again who they are, where they came from. */
    async confirm(ctx: Ctx, next: string | undefined, browser: string | null): Promise<Started> {
      const { sessionId } = ctx
      const came = sessionId === null ? null : await identity.cameBy(ctx)
      const known = came && (await providers.find(ctx, came.accountId))
      if (!known || sessionId === null) throw notAvailable()
      return begin(ctx, known, { asked: { next }, browser, sessionId })
    },

    /** Where the browser goes after the provider answered, and the secret of its session if that went well. */
    async callback(ctx: Ctx, answer: Answer): Promise<{ location: string; token: string | null }> {
      const flow = await takeFlow(ctx, answer)
      if (!flow)
        return arrival.refuse(ctx, answer.accountId, null, {
          reason: 'state_unknown',
          detail: 'No such sign-in is on its way in this browser.',
        })
      const checks = JSON.parse(secrets.open(flow.sealed_checks, flowContext(flow.state_hash))) as Checks
      return arrival.complete(ctx, { answer, flow, checks })
    },
  }

  async function takeFlow(ctx: Ctx, { query, browser }: Answer) {
    const states = query.getAll('state')
    const [state] = states
    if (browser === null || state === undefined || states.length !== 1) return null
    return db.platform({ ...ctx, accountId: platformAccount }, (tx) =>
      flowRepository(tx).take(sha256Hex(state), sha256Hex(browser), now()),
    )
  }
}
export type SignIn = ReturnType<typeof createSignIn>

const flowContext = (stateHash: string) => `sso_flow|${stateHash}`
const notAvailable = () =>
  new Problem(
    'sso.not_available',
    'There is no such single sign-on; sign in with your password, or ask your administrator.',
  )
