import type { AccountDomain } from '@cockpit/contract/sso'
import {
  type Clock,
  type Ctx,
  type Db,
  Problem,
  randomSecret,
  refuseOutlasting,
  type Tx,
} from '../../platform/index.ts'
import { configRepository } from './config-repository.ts'
import { type DomainRow, domainRepository } from './domains-repository.ts'
import { challengeName, challengeValue, domainId, provesDomain } from './model.ts'
import type { IdentityPort, ResolveTxt } from './port.ts'

const domainsMax = 50

type Deps = { db: Db; now: Clock; resolveTxt: ResolveTxt; identity: Pick<IdentityPort, 'endOfProvider' | 'keepAdmin'> }

/** E-mail domains of an account. One counts once a TXT record has shown that the account runs it. */
export const createDomains = ({ db, now, resolveTxt, identity }: Deps) => {
  const found = async (tx: Tx, id: string): Promise<DomainRow> => {
    const row = (await domainRepository(tx).all()).find(({ domain }) => domainId(domain) === id)
    if (!row) throw new Problem('domain.not_found', 'There is no such domain.')
    return row
  }
  const subject = (domain: string) => ({ type: 'domain', id: domainId(domain), name: domain })

  return {
    list: (ctx: Ctx): Promise<AccountDomain[]> =>
      db.tenant(ctx, async (tx) => (await domainRepository(tx).all()).map(present)),

    add: (ctx: Ctx, domain: string): Promise<AccountDomain> =>
      db.tenant(ctx, async (tx) => {
        await tx.lock('domains')
        if ((await domainRepository(tx).all()).length >= domainsMax)
          throw new Problem('domain.too_many', `An account has at most ${domainsMax} domains.`)
        await domainRepository(tx).insert(domain, randomSecret(32), now())
        await tx.emit('domain.added', { subject: subject(domain), after: { domain } })
        return present(await found(tx, domainId(domain)))
      }),

    async verify(ctx: Ctx, id: string): Promise<AccountDomain> {
      const row = await db.tenant(ctx, (tx) => found(tx, id))
      if (row.verified_at) return present(row)
      refuseOutlasting(ctx, ['identity.write'], null)
      const records = await resolveTxt(challengeName(row.domain))
      if (records === null)
        throw new Problem('domain.not_proven', `No name server answers for ${row.domain}; try again later.`)
      if (!provesDomain(records, row.token)) throw notProven(row, records)
      return db.tenant(ctx, async (tx) => {
        await domainRepository(tx).verify(row.domain, now())
        await tx.emit('domain.verified', { subject: subject(row.domain), after: { domain: row.domain } })
        return present(await found(tx, id))
      })
    },

    remove: (ctx: Ctx, id: string): Promise<void> =>
      // the sessions that end with it are no table of a tenant
      db.platform(ctx, async (tx) => {
        const row = await found(tx, id)
        const config = await configRepository(tx).hold()
        if (row.verified_at && config?.required && (await domainRepository(tx).verifiedOf(ctx.accountId)).length === 1)
          throw new Problem(
            'sso.lockout',
            'The provider is the only way in, and it speaks for proven domains only; this is the last one.',
          )
        await identity.keepAdmin(tx, ctx.accountId, () => domainRepository(tx).remove(row.domain), lockedOut)
        if (row.verified_at) {
          await configRepository(tx).announce()
          await identity.endOfProvider(tx, ctx.accountId, `The domain ${row.domain} was removed.`)
        }
        await tx.emit('domain.removed', { subject: subject(row.domain), before: { domain: row.domain } })
      }),
  }
}
export type Domains = ReturnType<typeof createDomains>

const lockedOut = () =>
  new Problem(
    'sso.lockout',
    'No administrator could sign in any more: the provider speaks for people of proven domains only, and none of those it would still speak for, or who has a password or a passkey, is one. Let one of them choose a password first.',
  )

const notProven = ({ domain, token }: DomainRow, records: readonly (readonly string[])[]) =>
  new Problem(
    'domain.not_proven',
    records.length === 0
      ? `There is no TXT record at ${challengeName(domain)}. Add it with the value ${challengeValue(token)}; it can take an hour until it is seen.`
      : `The TXT record at ${challengeName(domain)} does not say ${challengeValue(token)}. Set it to that; it can take an hour until it is seen.`,
  )

const present = ({ domain, token, verified_at, created_at }: DomainRow): AccountDomain => ({
  id: domainId(domain),
  domain,
  verifiedAt: verified_at?.toISOString() ?? null,
  record: { type: 'TXT', name: challengeName(domain), value: challengeValue(token) },
  createdAt: created_at.toISOString(),
})
