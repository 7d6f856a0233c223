import type { SliceKey } from '@cockpit/contract/snapshot'
import { type Denial, refuse } from './denial.ts'
import type { AccountWorld, World } from './world.ts'

type Owner = { kind: 'user' | 'service_account'; id: string }

/** Why the owner of a key, or whoever a token is about, may not call at all; null when they may. */
export const ownerDenial = (account: AccountWorld, { kind, id }: Owner): Denial | null => {
  if (kind === 'service_account') return account.serviceAccounts.has(id) ? null : gone
  const person = account.users.get(id)
  if (!person) return gone
  if (person.status !== 'suspended') return null
  return refuse('user.suspended', `User '${person.name}' is suspended.`, { type: 'user', id, name: person.name })
}

export const accountDenial = ({ slice: { account } }: AccountWorld): Denial | null => {
  const { id, name, status } = account
  if (status === 'active') return null
  return refuse('account.suspended', `Account '${name}' is suspended.`, { type: 'account', id, name })
}

/** Why a token of the installation's provider acts not in this account; null when it may. */
export const wayInDenial = ({ slice }: AccountWorld, isOfAccount: boolean): Denial | null => {
  if (isOfAccount || !slice.ssoRequired) return null
  const { id, name } = slice.account
  return refuse('auth.sso_required', `${name} lets people in by its own single sign-on only.`, {
    type: 'account',
    id,
    name,
  })
}

const gone = refuse('principal.gone', 'The owner of this key is no longer in the account.', null)
const tokenEnded = refuse('token.revoked', 'This token was ended; sign in again.', null)

/** Who holds an open call: a key, or the person and the age of a token. */
export type Holding = { accountId: string } & (
  | { key: Pick<SliceKey, 'id' | 'name' | 'hash' | 'owner'> }
  | { userId: string; issuedAt: number; isOfAccount: boolean }
)

/** Why a call that was let in before would not be let in now; null when it would. */
export const revocation = (world: World, holding: Holding): Denial | null => {
  const account = world.accounts.get(holding.accountId)
  if (!account) return gone
  const suspended = accountDenial(account)
  if (suspended) return suspended
  if ('key' in holding) return keyRevocation(world, holding.key) ?? ownerDenial(account, holding.key.owner)
  const tokensValidFrom = account.users.get(holding.userId)?.tokensValidFrom ?? 0
  return (
    wayInDenial(account, holding.isOfAccount) ??
    ownerDenial(account, { kind: 'user', id: holding.userId }) ??
    (holding.issuedAt < tokensValidFrom ? tokenEnded : null)
  )
}

/** A key is found by its secret, so one whose secret was replaced at once counts as revoked. */
const keyRevocation = (world: World, { id, name, hash }: Pick<SliceKey, 'id' | 'name' | 'hash'>): Denial | null => {
  const known = world.keys.get(hash)
  if (known && known.key.revokedAt === null) return null
  return refuse('key.revoked', `Key '${name}' was revoked.`, { type: 'key', id, name })
}
