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
import { type Membership, standingOf, within } from './model.ts'
import { type Person, peopleRepository } from './people-repository.ts'
import type { Came, PersonCaller } from './person-caller.ts'
import { resolutionRepository } from './resolution/repository.ts'
import { openAccounts, type RulesOf } from './rules.ts'
import type { TokenCaller } from './token-caller.ts'

type Deps = {
  db: Db
  now: Clock
  personCaller: PersonCaller
  tokenCaller: TokenCaller
  rulesOf: RulesOf
  /** The installation takes tokens of a provider. */
  takesTokens: boolean
}
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
 * A person of the account of `ctx` as their session, or a token that gives them the role they have, would be met there,
 * with no other account to fall back on. Null for whoever is not of it.
 */
export const createWouldBe = ({ db, now, personCaller, tokenCaller, rulesOf, takesTokens }: Deps) => {
  type Found = NonNullable<Awaited<ReturnType<typeof personHere>>>
  type Meeting = Omit<Assumed, 'cameBy'> & { cameBy: CameBy }

  const bySession = async (tx: Tx, { person, memberships }: Found, { cameBy, isConfirmed, scope }: Meeting) => {
    const { accountId } = tx.ctx
    const book = await rulesOf(tx, [...openAccounts(memberships), accountId])
    const who = { person, memberships, came: came(cameBy, accountId), book }
    const caller = await personCaller(tx, who, { accountId, scope })
    if (caller === null) throw unvouched()
    return { ...caller, sessionId: 'simulated', authenticatedAt: isConfirmed ? now() : null, via: 'cookie' as const }
  }

  const byToken = async (tx: Tx, { person, memberships: held }: Found, { cameBy, isConfirmed, scope }: Meeting) => {
    const { accountId } = tx.ctx
    const onlyAccount = cameBy === 'account_provider_token' ? accountId : null
    if (!(onlyAccount === null ? takesTokens : await resolutionRepository(tx).hasProvider(accountId)))
      throw unknownToken()
    const signIn = { authenticatedAtMs: isConfirmed ? now().getTime() : null, hasSecondFactor: isConfirmed }
    const memberships = within(onlyAccount, held)
    const who = { person, held, memberships, usualAccount: accountId, onlyAccount, signIn }
    const caller = await tokenCaller(tx, who, { accountId, scope })
    if (caller === null) throw unvouched()
    return { ...caller, sessionId: null, via: 'bearer' as const }
  }

  return (ctx: Ctx, userId: string, { cameBy: asked, ...assumed }: Assumed): Promise<WouldBe | null> =>
    db.platform(ctx, async (tx) => {
      const found = await personHere(tx, userId)
      if (!found) return null
      const { person, memberships, here } = found
      const cameBy = asked ?? usualWay(person, here)
      const told = { name: person.name, cameBy, membership: standingOf(memberships).platform ?? here }
      try {
        const caller = await (isToken(cameBy) ? byToken : bySession)(tx, found, { ...assumed, cameBy })
        return { ...told, known: { ...caller, impersonator: null }, refused: null }
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        return { ...told, known: null, refused: error }
      }
    })
}

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
  identity_provider_token: [],
  account_provider_token: [],
}
const isToken = (cameBy: CameBy) => cameBy === 'identity_provider_token' || cameBy === 'account_provider_token'

const unvouched = () =>
  new Problem('auth.required', 'Nobody vouches for them any more: they may do more than the writer of the provider.')

const unknownToken = () =>
  new Problem('auth.required', 'There is no such provider, or it is turned off, so its tokens open nothing.')
