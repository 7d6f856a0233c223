/** Callers with a token of an identity provider: found in the slice of the account their token acts in. */
import type { IncomingHttpHeaders } from 'node:http'
import { type AccountWorld, refuse, type World, wayInDenial } from '@cockpit/policy'
import { type Caller, type Stranger, unknown } from './authenticate.ts'
import type { TokenHolder } from './holder.ts'
import type { TokenPort, TokenUser } from './ports.ts'
import { type Refusal, refusal, refusalOf } from './refusal.ts'

/** Somebody whose first sign-in this was is in the slice a moment later. */
const sliceWaitMs = 2_000
const sliceLookMs = 20
/** Strangers whose tokens are being verified; each may hold a connection and wait for an issuer. */
const waitingMax = 256

type Deps = { tokens: TokenPort; world: () => World }

export const createTokenCallers = ({ tokens, world }: Deps) => {
  const holders = new WeakMap<TokenUser, WeakMap<AccountWorld, TokenHolder>>()
  let waiting = 0

  const holderIn = (account: AccountWorld, known: TokenUser, user: TokenHolder['user']): TokenHolder => {
    const before = holders.get(known)
    const found = before?.get(account)
    if (found) return found
    const holder = { user, id: clientId(known.client), issuedAt: known.issuedAt, isOfAccount: known.isRestricted }
    if (before) before.set(account, holder)
    else holders.set(known, new WeakMap([[account, holder]]))
    return holder
  }

  /** An account that a client names only selects: one that is not the person's, or is shut to them, is passed over. */
  const accountFor = (known: TokenUser, headers: IncomingHttpHeaders): AccountWorld | undefined => {
    const { accounts } = world()
    const asked = headers['x-account-id']
    const chosen = known.isRestricted || typeof asked !== 'string' ? undefined : accounts.get(asked)
    const isOpen = chosen?.slice.account.status === 'active' && chosen.users.get(known.userId)?.status === 'active'
    if (chosen && isOpen && !wayInDenial(chosen, known.isRestricted)) return chosen
    return known.accountId === null ? undefined : accounts.get(known.accountId)
  }

  const callerOf = (known: TokenUser, headers: IncomingHttpHeaders): Caller | Refusal => {
    if (known.accountId === null)
      return refusal('account.required', 'Models are called in an account, and you belong to none.')
    const account = accountFor(known, headers)
    const user = account?.users.get(known.userId)
    if (!account || !user) return refusalOf(gone)
    const otherWayIn = wayInDenial(account, known.isRestricted)
    if (otherWayIn) return refusalOf(otherWayIn)
    if (user.tokensValidFrom !== undefined && known.issuedAt < user.tokensValidFrom) return unknown
    return { account, holder: holderIn(account, known, user) }
  }

  const appeared = async (known: TokenUser, headers: IncomingHttpHeaders): Promise<Caller | Refusal> => {
    for (let waited = 0; ; waited += sliceLookMs) {
      const caller = callerOf(known, headers)
      if (!('code' in caller) || caller.code !== gone.code || waited >= sliceWaitMs) return caller
      await new Promise((resolve) => setTimeout(resolve, sliceLookMs))
    }
  }

  return {
    /** At once for a token that is known, which is every call but the first. */
    of({ secret, digest }: Stranger, headers: IncomingHttpHeaders): Caller | Refusal | Promise<Caller | Refusal> {
      const known = tokens.known(secret, digest)
      if (known) return callerOf(known, headers)
      if (!tokens.mayBe(secret)) return unknown
      if (waiting >= waitingMax) return refusal('gateway.overloaded', 'Too many tokens are being verified.')
      waiting++
      return tokens
        .verify(secret, digest)
        .then((found) => (found === 'issuer_away' ? away : found ? appeared(found, headers) : unknown))
        .catch(() => unknown)
        .finally(() => {
          waiting--
        })
    },
  }
}
const away = refusal(
  'auth.issuer_unavailable',
  'The identity provider cannot be asked whether this token still counts. Try again in a moment.',
)

export type TokenCallers = ReturnType<typeof createTokenCallers>

const gone = refuse('principal.gone', 'You are no longer in this account.', null)

/** The client stands where usage names a key, so it must be one plain word. */
const clientId = (client: string | null): string =>
  `client:${(client ?? 'unknown').replace(/[^\w.@:-]/g, '_').slice(0, 100)}`
