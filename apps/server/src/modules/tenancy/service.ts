import type { Account, AccountPatch, NewAccount } from '@cockpit/contract/accounts'
import { decimalOf } from '@cockpit/contract/money'
import type { AccountSlice } from '@cockpit/contract/snapshot'
import {
  type Clock,
  type Ctx,
  changesOf,
  type Db,
  newId,
  Problem,
  platformAccount,
  type Tx,
} from '../../platform/index.ts'
import { shortDecimal } from './model.ts'
import type { AccountSeed, CreditsSpent, NewAdmin, People } from './port.ts'
import { accountRepository, type StoredAccount } from './repository.ts'

export type TenancyDeps = {
  db: Db
  now: Clock
  /** Credits for one US dollar in an account that names no factor of its own. */
  creditsFactor: string
  seeds: readonly AccountSeed[]
  spent: CreditsSpent
  people: People
}
type Editable = Pick<Account, keyof AccountPatch>
type ListQuery = {
  limit: number
  after?: string | undefined
  q?: string | undefined
  status?: Account['status'] | undefined
}
type Removal = { dry_run: boolean; hard_delete: boolean; confirm_name?: string | undefined }
type Removed = { status: 'suspended' | 'deleted' | 'dry_run'; accountId: string; rows: Record<string, number> }

export const createTenancy = ({ db, now, creditsFactor, seeds, spent, people }: TenancyDeps) => {
  // the work of a super admin on an account is part of that account's story, so it runs under that account
  const inAccount = <T>(ctx: Ctx, id: string, work: (tx: Tx) => Promise<T>) =>
    db.platform({ ...ctx, accountId: id }, work)

  const withSpent = async (tx: Tx, accounts: readonly StoredAccount[]): Promise<Account[]> => {
    const credits = await spent(
      tx,
      accounts.map(({ id }) => id),
    )
    return accounts.map((account) => ({ ...account, creditsSpent: decimalOf(credits.get(account.id) ?? 0n) }))
  }

  const read = async (tx: Tx, id: string): Promise<Account> => {
    const stored = await accountRepository(tx).find(id)
    const [account] = await withSpent(tx, stored ? [stored] : [])
    if (!account) throw new Problem('account.not_found', 'There is no such account.')
    return account
  }

  const change = async (tx: Tx, id: string, patch: AccountPatch, event: string): Promise<Account> => {
    await accountRepository(tx).hold(id)
    const current = await read(tx, id)
    const { creditsFactor: factor, ownConnectionsFactor: own } = patch
    const changed = changesOf<Editable>(current, {
      ...patch,
      ...(factor && { creditsFactor: shortDecimal(factor) }),
      ...(own && { ownConnectionsFactor: shortDecimal(own) }),
    })
    if (!changed) return current
    await accountRepository(tx).update(id, now(), changed.after)
    await tx.emit(event, { subject: { type: 'account', id, name: changed.after.name ?? current.name }, ...changed })
    return read(tx, id)
  }

  return {
    list: (ctx: Ctx, query: ListQuery) =>
      db.platform(ctx, async (tx) => {
        const page = await accountRepository(tx).page(query)
        return { ...page, items: await withSpent(tx, page.items) }
      }),

    get: (ctx: Ctx, id: string) => db.platform(ctx, (tx) => read(tx, id)),

    async create(ctx: Ctx, { adminEmail, adminName, adminPassword, ...fields }: NewAccount): Promise<Account> {
      const admin: NewAdmin | null = adminEmail
        ? {
            email: adminEmail,
            name: adminName ?? adminEmail.slice(0, Math.min(adminEmail.indexOf('@'), 80)),
            passwordHash: adminPassword
              ? await people.hashPassword(ctx, {
                  password: adminPassword,
                  pointer: '/adminPassword',
                  texts: [adminEmail, adminName ?? '', fields.name],
                })
              : null,
          }
        : null
      const id = newId('acc', now())
      return inAccount(ctx, id, async (tx) => {
        await accountRepository(tx).insert(id, now(), {
          ...fields,
          creditsFactor: shortDecimal(fields.creditsFactor ?? creditsFactor),
        })
        const account = await read(tx, id)
        const { users, keys, creditsSpent, createdAt, updatedAt, ...after } = account
        await tx.emit('account.created', { subject: { type: 'account', id, name: account.name }, after })
        for (const seed of seeds) await seed(tx, account)
        if (admin) await people.addFirstAdmin(tx, id, admin)
        return read(tx, id)
      })
    },

    update: (ctx: Ctx, id: string, patch: AccountPatch) =>
      inAccount(ctx, id, (tx) => change(tx, id, patch, 'account.updated')),

    setStatus: (ctx: Ctx, id: string, status: Account['status']) =>
      inAccount(ctx, id, (tx) => change(tx, id, { status }, 'account.status_changed')),

    remove: (ctx: Ctx, id: string, { dry_run, hard_delete, confirm_name }: Removal): Promise<Removed> =>
      inAccount(ctx, id, async (tx) => {
        const accounts = accountRepository(tx)
        await accounts.hold(id)
        const { name, domain } = await read(tx, id)
        if (!hard_delete) {
          if (dry_run) return { status: 'dry_run', accountId: id, rows: {} }
          await change(tx, id, { status: 'suspended' }, 'account.status_changed')
          return { status: 'suspended', accountId: id, rows: {} }
        }
        if (!dry_run && confirm_name !== name)
          throw new Problem('account.confirmation_wrong', 'Repeat the exact name of the account to delete it for good.')
        const lonely = await people.onlyHere(tx, id)
        const rows = { ...(await accounts.countRows(id)), ...(lonely.length > 0 && { users: lonely.length }) }
        if (dry_run) return { status: 'dry_run', accountId: id, rows }
        await accounts.remove(id)
        await people.remove(tx, lonely)
        // the story of a deleted account goes on in the platform, where its admins look for it
        await tx.emit('account.deleted', {
          subject: { type: 'account', id, name },
          before: { name, domain },
          after: { rows },
          accountId: platformAccount,
        })
        return { status: 'deleted', accountId: id, rows }
      }),

    /** The account of the transaction as gateways know it; null once it is deleted. */
    async sliceAccount(tx: Tx): Promise<AccountSlice['account'] | null> {
      const account = await accountRepository(tx).find(tx.ctx.accountId)
      if (!account) return null
      const { id, name, status, timezone, creditsFactor, ownConnectionsFactor, limits, logContent } = account
      const own = ownConnectionsFactor === null ? {} : { ownConnectionsFactor }
      return { id, name, status, timezone, creditsFactor, ...own, limits, logContent }
    },
  }
}
export type Tenancy = ReturnType<typeof createTenancy>
