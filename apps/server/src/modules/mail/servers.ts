import type { MailSecurity, mailSources } from '@cockpit/contract/mail'
import { type Db, platformAccount, type Sealing, systemCtx, type Tx } from '../../platform/index.ts'
import type { MailServerOf } from './port.ts'
import { type ServerRow, settingsRepository } from './settings-repository.ts'

type Source = (typeof mailSources)[number]
export type InForce = { source: Source; server: MailServerOf; privateTargets: boolean }

type Deps = {
  db: Db
  secrets: Pick<Sealing, 'open'>
  /** Whether servers of accounts may lie in the own network. That of the platform always may. */
  allowPrivateTargets: boolean
  environment: MailServerOf | null
}

/** A sealed password opens for the server of this account only. */
export const passwordContext = (accountId: string) => `${accountId}|mail|password`

/** Whose server sends for an account: its own, else that of the platform, else the one the environment names. */
export const createServers = ({ db, secrets, allowPrivateTargets, environment }: Deps) => {
  const opened = (row: ServerRow): MailServerOf => ({
    host: row.host,
    port: row.port,
    security: row.security as MailSecurity,
    login:
      row.user_name !== null && row.sealed_password !== null
        ? { user: row.user_name, password: secrets.open(row.sealed_password, passwordContext(row.account_id)) }
        : null,
    fromAddress: row.from_address,
    fromName: row.from_name,
    replyTo: row.reply_to,
  })

  /** Needs a platform transaction: an account may have none, and that of the platform is not its own. */
  const rowFor = async (tx: Tx, accountId: string): Promise<ServerRow | undefined> => {
    const settings = settingsRepository(tx)
    const own = await settings.find(accountId)
    return own ?? (accountId === platformAccount ? undefined : settings.find(platformAccount))
  }

  return {
    async inForce(accountId: string): Promise<InForce | null> {
      const row = await db.platform(systemCtx('mail', accountId), (tx) => rowFor(tx, accountId))
      if (!row) return environment && { source: 'environment', server: environment, privateTargets: true }
      const source = row.account_id === platformAccount ? 'platform' : 'account'
      return { source, server: opened(row), privateTargets: allowPrivateTargets || source === 'platform' }
    },

    /** Whether there is anybody to send for an account; whoever writes no letter otherwise leaves none behind. */
    async isSetUp(accountId: string): Promise<boolean> {
      if (environment) return true
      return db.platform(systemCtx('mail', accountId), async (tx) => (await rowFor(tx, accountId)) !== undefined)
    },
  }
}
export type Servers = ReturnType<typeof createServers>
