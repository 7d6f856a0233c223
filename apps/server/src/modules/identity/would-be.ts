import type { CameBy } from '@cockpit/contract/access'
import {
  type Authenticated,
  type Clock,
  type Ctx,
  type Db,
  Problem,
  platformAccount,
  type Tx,
} from '../../platform/index.ts'
import { type Membership, standingOf } from './model.ts'
import { type Person, peopleRepository } from './people-repository.ts'
import type { Came, PersonCaller } from './person-caller.ts'
import { openAccounts, type RulesOf } from './rules.ts'

type Deps = { db: Db; now: Clock; personCaller: PersonCaller; rulesOf: RulesOf }
type Assumed = {
  /** The usual way of the person when absent. */
  cameBy: CameBy | undefined
  /** They proved who they are just now. */
  isConfirmed: boolean
  scope: Parameters<PersonCaller>[2]['scope']
}
export type WouldBe = {
  name: string
  cameBy: CameBy
  /** The role that counts: of the platform, else of the account. */
  membership: Membership | null
  /** Who the server would find to ask; else why it asks no further. */
  known: Authenticated | null
  refused: Problem | null
}

/**
 * A person of the account of `ctx` as their session would be met there, with no other account to fall back on. Null for
 * whoever is not of it.
 */
export const createWouldBe =
  ({ db, now, personCaller, rulesOf }: Deps) =>
  (ctx: Ctx, userId: string, { cameBy: asked, isConfirmed, scope }: Assumed): Promise<WouldBe | null> =>
    db.platform(ctx, async (tx) => {
      const found = await personHere(tx, userId)
      if (!found) return null
      const { person, memberships, here } = found
      const cameBy = asked ?? usualWay(person, here)
      const membership = standingOf(memberships).platform ?? here
      const book = await rulesOf(tx, [...openAccounts(memberships), ctx.accountId])
      const who = { person, memberships, came: came(cameBy, ctx.accountId), book }
      const choice = { accountId: ctx.accountId, scope }
      const caller = await personCaller(tx, who, choice).catch((error: unknown) => {
        if (error instanceof Problem) return error
        throw error
      })
      const told = { name: person.name, cameBy, membership }
      if (caller === null || caller instanceof Problem) return { ...told, known: null, refused: caller ?? unvouched() }
      const authenticatedAt = isConfirmed ? now() : null
      const known = { ...caller, sessionId: 'simulated', authenticatedAt, impersonator: null, via: 'cookie' as const }
      return { ...told, known, refused: null }
    })

/** With what they are here and on the platform; null for whoever is not here. */
const personHere = async (tx: Tx, userId: string) => {
  const people = peopleRepository(tx)
  const person = await people.byId(userId)
  const all = person ? await people.memberships(userId) : []
  const here = all.find(({ accountId }) => accountId === tx.ctx.accountId)
  if (!person || !here) return null
  return { person, here, memberships: all.filter((one) => one === here || one.accountId === platformAccount) }
}

const usualWay = ({ passwordHash }: Person, here: Membership): CameBy =>
  passwordHash !== null ? 'password' : here.ssoRequired ? 'account_provider' : 'identity_provider'

const came = (cameBy: CameBy, accountId: string): Came => ({
  methods: methods[cameBy],
  local: cameBy === 'password' || cameBy === 'passkey',
  onlyAccount: cameBy === 'account_provider' ? accountId : null,
})
const methods: Readonly<Record<CameBy, readonly string[]>> = {
  password: ['pwd'],
  passkey: ['hwk', 'user', 'mfa'],
  identity_provider: [],
  account_provider: [],
}

const unvouched = () =>
  new Problem('auth.required', 'Nobody vouches for them any more: they may do more than the writer of the provider.')
