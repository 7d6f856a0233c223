import type {
  ZitadelConfig,
  ZitadelConfigInput,
  ZitadelDefaults,
  ZitadelUserLink,
} from '@cockpit/contract/zitadel-shapes'
import { type Ctx, changesOf, Problem, platformAccount, type Tx } from '../../platform/index.ts'
import { type Deps, inAccount } from './deps.ts'
import { settingsRepository } from './settings-repository.ts'

/** The account, or the answer for a missing one. */
export const existing = async ({ accounts }: Pick<Deps, 'accounts'>, tx: Tx, accountId: string) => {
  const account = await accounts.exists(tx, accountId)
  if (!account) throw new Problem('account.not_found', 'There is no such account.')
  return account
}

/** Stores a configuration and tells what changed; what is the same already is not written. */
export const storeConfig = async (
  { signIn }: Pick<Deps, 'signIn'>,
  tx: Tx,
  account: { id: string; name: string },
  next: ZitadelConfigInput,
  at: Date,
) => {
  const settings = settingsRepository(tx)
  await tx.lock('zitadel_config')
  const { updatedAt, ...current } = await settings.config(account.id)
  const changed = changesOf(current, next)
  if (!changed && updatedAt !== null) return false
  await settings.setConfig(account.id, { ...current, ...next }, at)
  await signIn.setOrganization(tx, account.id, next.enabled ? next.organizationId : null)
  const { before, after } = changed ?? { before: {}, after: next }
  await tx.emit('zitadel.config_changed', {
    subject: { type: 'account', id: account.id, name: account.name },
    before,
    after,
    accountId: account.id,
  })
  return true
}

export const createZitadelSettings = (deps: Deps) => {
  const { db, now } = deps
  return {
    config: (ctx: Ctx, accountId: string): Promise<ZitadelConfig> =>
      inAccount(deps, ctx, accountId, async (tx) => {
        await existing(deps, tx, accountId)
        return settingsRepository(tx).config(accountId)
      }),

    setConfig: (ctx: Ctx, accountId: string, input: ZitadelConfigInput): Promise<ZitadelConfig> =>
      inAccount(deps, ctx, accountId, async (tx) => {
        await storeConfig(deps, tx, await existing(deps, tx, accountId), input, now())
        return settingsRepository(tx).config(accountId)
      }),

    defaults: (ctx: Ctx): Promise<ZitadelDefaults> => db.platform(ctx, (tx) => settingsRepository(tx).defaults()),

    setDefaults: (ctx: Ctx, input: ZitadelDefaults): Promise<ZitadelDefaults> =>
      db.platform(ctx, async (tx) => {
        const settings = settingsRepository(tx)
        await tx.lock('zitadel_defaults')
        const changed = changesOf(await settings.defaults(), input)
        if (!changed) return input
        await settings.setDefaults(input, now())
        await tx.emit('zitadel.defaults_changed', {
          subject: { type: 'zitadel_defaults', id: platformAccount, name: 'Onboarding defaults' },
          ...changed,
        })
        return settings.defaults()
      }),

    links: (ctx: Ctx, accountId: string): Promise<{ items: ZitadelUserLink[] }> =>
      inAccount(deps, ctx, accountId, async (tx) => {
        await existing(deps, tx, accountId)
        return { items: await settingsRepository(tx).links(accountId) }
      }),

    setLink: (ctx: Ctx, accountId: string, { email, zitadelUserId }: { email: string; zitadelUserId: string | null }) =>
      inAccount(deps, ctx, accountId, async (tx) => {
        await existing(deps, tx, accountId)
        const settings = settingsRepository(tx)
        const member = (await deps.members.all(tx, accountId)).find((one) => one.email === email)
        if (!member) throw new Problem('user.not_found', 'There is no such person in this account.')
        const before = (await settings.links(accountId)).find(({ userId }) => userId === member.userId)
        if (before?.zitadelUserId !== zitadelUserId || before?.source === 'resolved') {
          const { userId } = member
          if (zitadelUserId === null) await settings.removeLink(accountId, userId)
          else await settings.setLink({ accountId, userId, zitadelUserId }, 'mapped', now())
          await tx.emit('zitadel.user_linked', {
            subject: { type: 'user', id: userId, name: member.name },
            before: { zitadelUserId: before?.zitadelUserId ?? null },
            after: { zitadelUserId },
          })
        }
        return { items: await settings.links(accountId) }
      }),
  }
}
