import { rolePermissions } from '@cockpit/contract/permissions'
import type { RefusalReason } from '@cockpit/contract/tokens'
import type { IdentityClaims } from '@cockpit/policy'
import { type Actor, type Ctx, lasting, platformAccount } from '../../platform/index.ts'
import { identityOf } from './claims.ts'
import { configRepository } from './config-repository.ts'
import { domainRepository } from './domains-repository.ts'
import { type FlowRow, flowRepository } from './flows-repository.ts'
import { invitationPath, issuerKeyOf, signInPath, storyOf, whyNotFor } from './model.ts'
import { type Checks, type Provider, ProviderFailure, type Vouched } from './port.ts'
import type { Known } from './providers.ts'
import type { Answer, SignInDeps } from './sign-in.ts'

type Coming = { answer: Answer; flow: FlowRow; checks: Checks }
type Refusal = { reason: RefusalReason; detail: string }
/** Who came, and by whom, as far as it is certain. */
type About = { provider: Provider; claims?: IdentityClaims }
type Gone = { location: string; token: string | null }

/** What a person is told, by why they were refused. The log and the diagnostics say the rest. */
const told: { readonly [R in RefusalReason]?: string } = {
  state_unknown: 'expired',
  expired: 'expired',
  denied: 'denied',
  unreachable: 'provider_failed',
  not_a_provider: 'provider_failed',
  client_refused: 'provider_failed',
  no_account: 'no_account',
  email_of_another: 'no_account',
  not_vouched: 'not_vouched',
  no_seat: 'no_seat',
  domain: 'domain',
  suspended: 'suspended',
  address: 'address',
  other_person: 'other_person',
}

/** The clock of a provider may be this far behind ours when a fresh proof is asked for. */
const skewMs = 30_000
/** Whatever gives it to them, for good. */
const isAdmin = (actor: Actor) => rolePermissions.account_admin.isSubsetOf(lasting(actor))

/** What happens with the answer of a provider. */
export const createArrival = (deps: SignInDeps) => {
  const { db, now, log, secrets, oidc, providers, identity, settleInvitations, noteRefused } = deps
  const refuse = (
    ctx: Ctx,
    accountId: string | null,
    flow: FlowRow | null,
    { reason, detail }: Refusal,
    about?: About,
  ): Gone => {
    log.warn({ requestId: ctx.requestId, accountId, reason, detail }, 'a sign-in was refused')
    noteRefused({
      ...{ place: 'browser', reason, detail, requestId: ctx.requestId, claims: {} },
      // the account in the address is anybody's to invent, so only that of a known provider is written down
      providerAccount: about?.provider.accountId ?? null,
      ...{ issuer: about?.provider.issuer ?? null, client: about?.provider.clientId ?? null },
      ...{ subject: about?.claims?.subject ?? null, email: about?.claims?.email ?? null },
    })
    const query = new URLSearchParams({ error: told[reason] ?? 'refused', request: ctx.requestId })
    // whoever was in already stays where they were, and is told there
    const path = flow?.session_id ? flow.return_path : signInPath
    if (accountId !== null && path === signInPath) query.set('account', accountId)
    return { location: `${path}${path.includes('?') ? '&' : '?'}${query}`, token: null }
  }

  const outOfPlace = async (
    ctx: Ctx,
    { row }: Known,
    { email, emailVerified }: Pick<IdentityClaims, 'email' | 'emailVerified'>,
  ): Promise<string | null> => {
    if (row === null) return null
    if (email === null || !emailVerified) return 'The provider does not say a verified e-mail.'
    const proven = await db.platform(ctx, (tx) => domainRepository(tx).verifiedOf(row.account_id))
    return whyNotFor(email, proven, row.email_domains)
  }

  /**
   * What was turned off, changed or given up ended the sessions it found. The one of somebody who was on their way has
   * begun since, so it is looked again once it stands.
   */
  const goneMeanwhile = async (ctx: Ctx, { row, provider }: Known, claims: IdentityClaims): Promise<string | null> => {
    if (row === null) return null
    const known = await providers.find(ctx, row.account_id)
    const same = known?.provider.issuer === provider.issuer && known.provider.clientId === provider.clientId
    const gone = known && same ? await outOfPlace(ctx, known, claims) : 'The provider was changed meanwhile.'
    if (gone !== null)
      await db.platform({ ...ctx, accountId: row.account_id }, (tx) => identity.endOfProvider(tx, row.account_id, gone))
    return gone
  }

  const keep = async (ctx: Ctx, { row, provider }: Known, { idToken }: Vouched, came: Came) => {
    const { sessionId } = came.ctx
    if (sessionId === null) return
    await db.platform({ ...ctx, accountId: platformAccount }, async (tx) => {
      await flowRepository(tx).keepIdToken({
        session_id: sessionId,
        provider_account: storyOf(provider.accountId),
        sealed_id_token: secrets.seal(idToken, idTokenContext(sessionId)),
      })
      if (row && came.role !== null && isAdmin(came.ctx.actor))
        await configRepository(tx).adminSignedIn(row.account_id, row.updated_at, now())
    })
  }

  /** What somebody was invited to under the e-mail that is theirs: here, or where the provider proves it everywhere. */
  const acceptInvitations = async ({ ctx, provesEmail }: Came, claims: IdentityClaims, onlyAccount: string | null) => {
    const isTheirs = onlyAccount === null ? provesEmail : claims.emailVerified
    if (claims.email !== null && isTheirs)
      await settleInvitations(ctx, { userId: ctx.actor.id, email: claims.email, onlyAccount })
  }

  const arrive = async (ctx: Ctx, known: Known, { answer, flow }: Coming, vouched: Vouched): Promise<Gone> => {
    const { provider } = known
    const claims = identityOf(provider, vouched.subject, vouched.claims)
    const no = (why: Refusal) => refuse(ctx, provider.accountId, flow, why, { provider, claims })
    const wrongPlace = await outOfPlace(ctx, known, claims)
    if (wrongPlace !== null) return no({ reason: 'domain', detail: wrongPlace })
    const arriving = { claims, issuerAccount: provider.accountId, oldToken: answer.oldToken }
    if (flow.session_id !== null) {
      if (!isFresh(vouched, flow.created_at))
        return no({ reason: 'too_old', detail: 'The provider did not ask the person again.' })
      const came = await identity.confirm(ctx, { ...arriving, sessionId: flow.session_id })
      return came.kind === 'refused' ? no(came) : { location: flow.return_path, token: came.token }
    }
    const came = await identity.signIn(ctx, {
      ...arriving,
      accountHint: flow.account_hint,
      proof: {
        methods: vouched.methods.length > 0 ? vouched.methods : ['sso'],
        provider: provider.name,
        authenticatedAt: vouched.authenticatedAt ?? now(),
        idpSession: {
          issuer: issuerKeyOf(provider.accountId, provider.issuer),
          subject: vouched.subject,
          sid: vouched.sid,
        },
      },
    })
    if (came.kind === 'refused') return no(came)
    await keep(ctx, known, vouched, came)
    const gone = await goneMeanwhile(ctx, known, claims)
    if (gone !== null) return no({ reason: 'expired', detail: gone })
    // whoever comes from the page of an invitation accepts it there
    if (flow.return_path !== invitationPath) await acceptInvitations(came, claims, provider.accountId)
    return { location: onwards(flow, came), token: came.token }
  }

  return {
    refuse,
    async complete(ctx: Ctx, coming: Coming): Promise<Gone> {
      const { answer, flow, checks } = coming
      const asked = flow.provider_account
      if (storyOf(answer.accountId) !== asked)
        return refuse(ctx, answer.accountId, flow, {
          reason: 'mix_up',
          detail: `${asked} was asked, another answered.`,
        })
      const known = await providers.find(ctx, answer.accountId)
      if (!known)
        return refuse(ctx, answer.accountId, flow, {
          reason: 'expired',
          detail: 'The provider was switched off meanwhile.',
        })
      try {
        return await arrive(ctx, known, coming, await oidc.redeem(known.provider, answer.query, checks))
      } catch (error) {
        if (!(error instanceof ProviderFailure)) throw error
        return refuse(ctx, answer.accountId, flow, { reason: error.reason, detail: error.message }, known)
      }
    },
  }
}
type Came = { ctx: Ctx; role: string | null; provesEmail: boolean }

export const idTokenContext = (sessionId: string) => `${sessionId}|sso|id_token`

const isFresh = ({ authenticatedAt }: Vouched, startedAt: Date) =>
  authenticatedAt !== null && authenticatedAt.getTime() >= startedAt.getTime() - skewMs

/** Whoever has several accounts and did not say where to go chooses first. */
const onwards = (
  { return_path, account_hint }: FlowRow,
  { choices, accountId }: { choices: number; accountId: string | null },
) => {
  if (return_path !== '/') return return_path
  if (accountId !== null && accountId === account_hint) return `/a/${accountId}`
  return choices > 1 ? '/choose-account' : '/'
}
