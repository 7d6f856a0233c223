/** A Cockpit, the identity provider of its installation, and one that an account chose. */
import { randomBytes } from 'node:crypto'
import type { SsoPatch } from '@cockpit/contract/sso'
import { openAccount } from '../support/account.ts'
import { startCockpit } from '../support/cockpit.ts'
import { type Idp, startIdp } from '../support/idp.ts'
import { createIdpBrowser, type IdpBrowser } from '../support/idp-browser.ts'

export type Stage = Awaited<ReturnType<typeof openStage>>
export const platformOrg = '900000000000000001'

export const openStage = async (environment: Record<string, string> = {}) => {
  const [zitadel, own] = await Promise.all([startIdp(), startIdp()])
  const secret = randomBytes(16).toString('hex')
  const cockpit = await startCockpit({
    ZITADEL_ISSUER: zitadel.issuer,
    ZITADEL_AUDIENCE: zitadel.projectId,
    ZITADEL_PLATFORM_ORG_ID: platformOrg,
    ZITADEL_CLIENT_ID: 'cockpit',
    ZITADEL_CLIENT_SECRET: secret,
    ...environment,
  })
  const { publicUrl } = cockpit.running
  const register = (idp: Idp, client_secret: string, callback: string) =>
    idp.client({
      client_id: 'cockpit',
      client_secret,
      redirect_uris: [`${publicUrl}/v1/auth/callback${callback}`],
      post_logout_redirect_uris: [`${publicUrl}/sign-in`],
      backchannel_logout_uri: `${publicUrl}/v1/auth/backchannel-logout`,
      backchannel_logout_session_required: true,
    })
  register(zitadel, secret, '')

  const post = (browser: IdpBrowser, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    browser.visit(`${publicUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const start = async (browser: IdpBrowser, body: object = {}): Promise<string> => {
    const answer = await post(browser, '/v1/auth/start', body)
    const said = (await answer.json()) as { location?: string }
    if (!said.location) throw new Error(JSON.stringify(said))
    return said.location
  }
  /** Visits the callback; where the product sends the browser, from its own address on. */
  const arrive = async (browser: IdpBrowser, callback: URL | string): Promise<string> => {
    const answer = await browser.visit(callback)
    if (answer.status !== 303) throw new Error(`the callback answered ${answer.status}: ${await answer.text()}`)
    return answer.headers.get('location') ?? ''
  }

  return {
    zitadel,
    own,
    cockpit,
    publicUrl,
    post,
    start,
    arrive,
    /** The whole way in, as somebody would take it; where it ends. */
    async signIn(browser: IdpBrowser, sub: string, body: object = {}): Promise<string> {
      const idp = await start(browser, body)
      return arrive(browser, await browser.signInAt(idp, sub))
    },
    browser: createIdpBrowser,
    async context(browser: IdpBrowser, accountId?: string) {
      const headers: Record<string, string> = accountId ? { 'x-account-id': accountId } : {}
      const answer = await browser.visit(`${publicUrl}/v1/me/context`, { headers })
      // biome-ignore lint/suspicious/noExplicitAny: a test reads bodies freely; its expectations are the type
      return { status: answer.status, body: (await answer.json()) as any }
    },
    /** An account that is an organisation at the provider of the installation. */
    async account() {
      const account = await openAccount(cockpit)
      const org = `${Date.now()}${Math.floor(Math.random() * 1e5)}`
      await cockpit.database.query(
        'insert into account_identity_orgs (account_id, issuer, org_id, created_at) values ($1, $2, $3, now())',
        [account.id, zitadel.issuer, org],
      )
      return { ...account, org }
    },
    /** An account with a provider of its own, and a domain it has proven. */
    async accountWithProvider(differs: Partial<SsoPatch> = {}) {
      const account = await openAccount(cockpit)
      const domain = `${account.tag}.example.com`
      await account.api.sso.addDomain({ body: { domain } })
      await cockpit.database.query('update account_domains set verified_at = now() where domain = $1', [domain])
      const clientSecret = randomBytes(16).toString('hex')
      own.client({
        client_id: `cockpit-${account.tag}`,
        client_secret: clientSecret,
        redirect_uris: [`${publicUrl}/v1/auth/callback/${account.id}`],
        post_logout_redirect_uris: [`${publicUrl}/sign-in`],
        backchannel_logout_uri: `${publicUrl}/v1/auth/backchannel-logout`,
        backchannel_logout_session_required: true,
      })
      const body = {
        kind: 'oidc' as const,
        name: 'Acme login',
        issuer: own.issuer,
        clientId: `cockpit-${account.tag}`,
        clientSecret,
        enabled: true,
        ...differs,
      }
      await account.api.sso.set({ body })
      return { ...account, domain, clientSecret }
    },
    async stop() {
      await cockpit.stop()
      await Promise.all([zitadel.stop(), own.stop()])
    },
  }
}
let people = 0
/** A subject that nobody else has. */
export const subject = () => `${Date.now()}${people++}`
