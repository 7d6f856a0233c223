import {
  type OwnRules,
  type PasswordRules,
  PasswordRules as PasswordShape,
  type Security as Present,
  ruleNames,
  type SecurityPatch,
  standardRules,
} from '@cockpit/contract/security'
import {
  type Clock,
  type Ctx,
  changesOf,
  type Db,
  platformAccount,
  refuseOutlasting,
  type Tx,
} from '../../platform/index.ts'
import { bookOf, nothingSet, platformRules, type RuleBook, type Stored, sinceAfter, strictest } from './model.ts'
import { securityRepository } from './repository.ts'

export const createSecurity = ({ db, now }: { db: Db; now: Clock }) => {
  const load = async (tx: Tx) => {
    const stored = await securityRepository(tx).of([platformAccount, tx.ctx.accountId])
    const of = (accountId: string) => stored.find((one) => one.accountId === accountId) ?? null
    return { platform: of(platformAccount), own: of(tx.ctx.accountId) }
  }
  const change = async (tx: Tx, patch: SecurityPatch): Promise<void> => {
    const { own } = await load(tx)
    const changes = changesOf<OwnRules>(own?.rules ?? nothingSet, patch)
    if (!changes) return
    refuseOutlasting(tx.ctx, ['identity.write'], null)
    const rules = { ...nothingSet, ...own?.rules, ...changes.after }
    const { accountId } = tx.ctx
    const secondFactorSince = sinceAfter(own, rules.secondFactor, now())
    await securityRepository(tx).put({ accountId, rules, secondFactorSince, updatedAt: now() })
    await tx.emit('security.updated', {
      subject: { type: 'security', id: accountId, name: 'Security settings' },
      ...changes,
    })
  }
  return {
    get: (ctx: Ctx): Promise<Present> => db.platform(ctx, async (tx) => present(ctx.accountId, await load(tx))),

    update: (ctx: Ctx, patch: SecurityPatch): Promise<Present> =>
      db.platform(ctx, async (tx) => {
        await tx.lock(`security:${ctx.accountId}`) // of two first changes at once, none must be lost
        await change(tx, patch)
        return present(ctx.accountId, await load(tx))
      }),

    /** What the platform asks of a new password. */
    passwordRules: (ctx: Ctx): Promise<PasswordRules> =>
      db.platform(ctx, async (tx) => PasswordShape.parse((await bookFor(tx, []))([]).rules)),

    rulesOf: bookFor,
  }
}
export type Security = ReturnType<typeof createSecurity>

/** The rules of the platform and of these accounts, for whoever enforces them. Needs a platform transaction. */
const bookFor = async (tx: Tx, accountIds: readonly string[]): Promise<RuleBook> =>
  bookOf(await securityRepository(tx).of([...new Set([platformAccount, ...accountIds])]))

const present = (accountId: string, { platform, own }: { platform: Stored | null; own: Stored | null }): Present => {
  const isPlatform = accountId === platformAccount
  const ofPlatform = platformRules(platform?.rules ?? nothingSet)
  const ownRules = own?.rules ?? nothingSet
  const inForce = isPlatform ? ofPlatform : strictest(ofPlatform, ownRules)
  const sourceOf = (name: keyof OwnRules) => {
    if (!isPlatform && inForce[name] !== ofPlatform[name]) return 'account' as const
    return platform?.rules[name] === null || !platform ? ('product' as const) : ('platform' as const)
  }
  return {
    accountId: isPlatform ? null : accountId,
    own: ownRules,
    platform: isPlatform ? standardRules : ofPlatform,
    inForce,
    from: Object.fromEntries(ruleNames.map((name) => [name, sourceOf(name)])) as Present['from'],
    updatedAt: own?.updatedAt.toISOString() ?? null,
  }
}
