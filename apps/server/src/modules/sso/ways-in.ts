import type { SignInWays, SsoOffer } from '@cockpit/contract/sso'
import type { Ctx, Db } from '../../platform/index.ts'
import { configRepository } from './config-repository.ts'
import { domainRepository } from './domains-repository.ts'
import { domainOf } from './model.ts'
import type { IdentityPort } from './port.ts'
import type { Providers } from './providers.ts'

type Asked = { email: string; accountId?: string | undefined; orgId?: string | undefined }

/**
 * Which ways in to offer. What decides is the domain of the e-mail, or the account or organisation that is named; never
 * whether there is such a person, which a stranger could otherwise find out by asking.
 */
export const createWaysIn =
  ({ db, providers, identity }: { db: Db; providers: Providers; identity: IdentityPort }) =>
  async (ctx: Ctx, { email, accountId, orgId }: Asked): Promise<SignInWays> => {
    await identity.limit(ctx, email)
    const { ofInstallation } = providers
    const row = await db.platform(ctx, async (tx) => {
      const byOrg = orgId && ofInstallation ? await identity.accountOfOrg(tx, ofInstallation.issuer, orgId) : null
      const account = accountId ?? byOrg ?? (await domainRepository(tx).ownerOf(domainOf(email)))
      return account === null ? null : configRepository(tx).find(account)
    })
    const own: SsoOffer[] = row?.enabled ? [{ accountId: row.account_id, name: row.name, kind: row.kind }] : []
    const common: SsoOffer[] = ofInstallation
      ? [{ accountId: null, name: ofInstallation.name, kind: ofInstallation.kind }]
      : []
    return { password: !row?.required, sso: row?.required ? own : [...own, ...common] }
  }
