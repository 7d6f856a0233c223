import type { SignInWays, SsoOffer } from '@cockpit/contract/sso'
import type { Ctx, Db } from '../../platform/index.ts'
import { configRepository } from './config-repository.ts'
import { domainRepository } from './domains-repository.ts'
import { domainOf } from './model.ts'
import type { IdentityPort, InvitedTo } from './port.ts'
import type { Providers } from './providers.ts'

type Asked = {
  email: string
  accountId?: string | undefined
  orgId?: string | undefined
  invitation?: string | undefined
}
type Deps = { db: Db; providers: Providers; identity: IdentityPort; invitedTo: InvitedTo }

/**
 * Which ways in to offer. What decides is the domain of the e-mail, or the account, organisation or invitation that is
 * named; never whether there is such a person, or an invitation for them, which a stranger could otherwise find out by
 * asking.
 */
export const createWaysIn =
  ({ db, providers, identity, invitedTo }: Deps) =>
  async (ctx: Ctx, { email, accountId, orgId, invitation }: Asked): Promise<SignInWays> => {
    await identity.limit(ctx, email)
    const { ofInstallation } = providers
    const row = await db.platform(ctx, async (tx) => {
      const byOrg = orgId && ofInstallation ? await identity.accountOfOrg(tx, ofInstallation.issuer, orgId) : null
      const byInvitation = invitation ? await invitedTo(tx, invitation, email) : null
      const account = accountId ?? byOrg ?? byInvitation ?? (await domainRepository(tx).ownerOf(domainOf(email)))
      return account === null ? null : configRepository(tx).find(account)
    })
    const own: SsoOffer[] = row?.enabled ? [{ accountId: row.account_id, name: row.name, kind: row.kind }] : []
    const common: SsoOffer[] = ofInstallation
      ? [{ accountId: null, name: ofInstallation.name, kind: ofInstallation.kind }]
      : []
    return { password: !row?.required, sso: row?.required ? own : [...own, ...common] }
  }
