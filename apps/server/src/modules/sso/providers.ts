import type { IdentityClaims } from '@cockpit/policy'
import { type Ctx, type Db, platformAccount, systemCtx } from '../../platform/index.ts'
import { identityOf } from './claims.ts'
import { configRepository, providersChannel, type SsoRow } from './config-repository.ts'
import { domainRepository } from './domains-repository.ts'
import { whyNotFor } from './model.ts'
import type { Provider } from './port.ts'
import type { SsoSettings } from './settings.ts'
import { settingsOf } from './settings-model.ts'

/** A provider of an account as far as bearer tokens need to know it. */
export type TokenIssuer = {
  issuer: string
  audiences: readonly string[]
  accountId: string
  read: (said: Readonly<Record<string, unknown>>) => IdentityClaims
  /** Whether the provider speaks for somebody with this e-mail. */
  speaksFor: (email: string) => boolean
}
/** Accounts that share a client at a provider. For a logout token, each is asked whether it is genuine. */
const sharersMax = { tokens: 500, logouts: 20 }

export type Known = { provider: Provider; row: SsoRow | null }

/** Providers people may sign in with: that of the installation, and those of accounts that are switched on. */
export const createProviders = ({
  db,
  settings,
  ofInstallation,
}: {
  db: Db
  settings: Pick<SsoSettings, 'providerFor' | 'openSecret'>
  ofInstallation: Provider | null
}) => ({
  ofInstallation,
  async find(ctx: Ctx, accountId: string | null): Promise<Known | null> {
    if (accountId === null || accountId === platformAccount)
      return ofInstallation && { provider: ofInstallation, row: null }
    const row = await db.platform(ctx, (tx) => configRepository(tx).find(accountId))
    return row?.enabled
      ? { provider: settings.providerFor(accountId, settingsOf(row), settings.openSecret(row)), row }
      : null
  },
  /** Whose access token it may be, by what the token says of itself; its signature is checked with these. */
  async tokenIssuers(issuer: string, audience: readonly string[]): Promise<TokenIssuer[]> {
    if (audience.length === 0) return []
    const { rows, proven } = await db.platform(systemCtx('sso'), async (tx) => {
      const found = await configRepository(tx).withClient(issuer, audience, sharersMax.tokens)
      const enabled = found.filter((row) => row.enabled)
      return { rows: enabled, proven: await domainRepository(tx).verifiedOfAll(enabled.map((row) => row.account_id)) }
    })
    return rows.flatMap((row) => {
      const { client_id: clientId } = row
      if (clientId === null) return []
      const domains = proven.get(row.account_id) ?? []
      const { kind, claims } = settingsOf(row)
      const source = { kind, issuer, clientId, claims, accountId: row.account_id, projects: [] }
      return [
        {
          issuer,
          audiences: [clientId],
          accountId: row.account_id,
          read: (said) => identityOf(source, String(said.sub), said),
          speaksFor: (email) => whyNotFor(email, domains, row.email_domains) === null,
        },
      ]
    })
  },
  /** Hears of every account whose provider speaks for others than before; of null when some may have been missed. */
  onChange: (changed: (accountId: string | null) => void): Promise<() => void> =>
    db.listen(providersChannel, changed, () => changed(null)),
  /** Whose logout token it may be, by what the token says of itself; its signature is checked with these. */
  async byClient(ctx: Ctx, issuer: string, clientIds: readonly string[]): Promise<Provider[]> {
    const rows = await db.platform(ctx, (tx) => configRepository(tx).withClient(issuer, clientIds, sharersMax.logouts))
    const own = ofInstallation?.issuer === issuer && clientIds.includes(ofInstallation.clientId) ? [ofInstallation] : []
    return [
      ...own,
      ...rows.map((row) => settings.providerFor(row.account_id, settingsOf(row), settings.openSecret(row))),
    ]
  },
})
export type Providers = ReturnType<typeof createProviders>
