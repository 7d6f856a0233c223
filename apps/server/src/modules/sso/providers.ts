import { type Ctx, type Db, platformAccount } from '../../platform/index.ts'
import { configRepository, type SsoRow } from './config-repository.ts'
import type { Provider } from './port.ts'
import type { SsoSettings } from './settings.ts'
import { settingsOf } from './settings-model.ts'

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
  /** Whose logout token it may be, by what the token says of itself; its signature is checked with these. */
  async byClient(ctx: Ctx, issuer: string, clientIds: readonly string[]): Promise<Provider[]> {
    const rows = await db.platform(ctx, (tx) => configRepository(tx).withClient(issuer, clientIds))
    const own = ofInstallation?.issuer === issuer && clientIds.includes(ofInstallation.clientId) ? [ofInstallation] : []
    return [
      ...own,
      ...rows.map((row) => settings.providerFor(row.account_id, settingsOf(row), settings.openSecret(row))),
    ]
  },
})
export type Providers = ReturnType<typeof createProviders>
