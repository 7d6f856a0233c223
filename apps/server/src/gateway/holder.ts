/** Whoever holds a call: a virtual key, or a person with a token of an identity provider. */
import type { AccountSlice, SliceKey } from '@cockpit/contract/snapshot'
import { type AccountWorld, callerDenial, type Denial, type Principal, revocation, type World } from '@cockpit/policy'

export type TokenHolder = {
  readonly user: AccountSlice['users'][number]
  /** How usage names what was used instead of a key: the client the token was issued to. */
  readonly id: string
  readonly issuedAt: number
  /** It is of the account's own provider, and acts in no other. */
  readonly isOfAccount: boolean
}
export type Holder = SliceKey | TokenHolder

export const principalOf = (holder: Holder): Principal =>
  'hash' in holder ? { kind: 'key', key: holder } : { kind: 'user', user: holder.user }

/** Names of models the holder is limited to; null: none. */
export const modelsOf = (holder: Holder): readonly string[] | null => ('hash' in holder ? holder.models : null)

/** Why whoever calls may call nothing at all now, also with a key that has expired since; null when they may, or are nobody. */
export const shutOut = (
  { account, holder }: { account: AccountWorld | null; holder: Holder | null },
  now: number,
): Denial | null => account && holder && callerDenial(account, principalOf(holder), now)

/** Why a call of this holder that is open must end; null when it may go on. */
export const revokedBy = (world: World, accountId: string, holder: Holder): Denial | null =>
  revocation(
    world,
    'hash' in holder
      ? { accountId, key: holder }
      : { accountId, userId: holder.user.id, issuedAt: holder.issuedAt, isOfAccount: holder.isOfAccount },
  )
