/**
 * Ends open calls whose holder may call no more, or not from where they are, as soon as a snapshot says so, and what was
 * leased for them. Nothing of it runs while bytes flow.
 */
import type { World } from '@cockpit/policy'
import type { Call } from './call.ts'
import type { Calls } from './calls.ts'
import type { Funds } from './funds/index.ts'
import { revokedBy } from './holder.ts'
import type { Origin } from './origin.ts'
import { refusalOf } from './refusal.ts'

type Deps = {
  calls: Calls
  funds: Pick<Funds, 'onRevoked'>
  origin: Origin
  world: () => World
  onBug: (call: Call, error: unknown) => void
}

export const createRevoke =
  ({ calls, funds, origin, world, onBug }: Deps) =>
  (accountId: string): void => {
    const now = world()
    const account = now.accounts.get(accountId)
    calls.each((call) => {
      const { holder } = call
      if (call.account?.slice.account.id !== accountId || holder === null) return
      if (call.finished || call.counting || call.gone || call.revoked) return
      const denial = revokedBy(now, accountId, holder) ?? (account ? origin.denialOf(call, account) : null)
      if (denial) end(call, refusalOf(denial), onBug)
    })
    funds.onRevoked(accountId, (holder) => revokedBy(now, accountId, holder) !== null)
  }

/** What is waited for at the moment ends as if its time were up, with another thing to tell. */
const end = (call: Call, revoked: NonNullable<Call['revoked']>, onBug: Deps['onBug']) => {
  call.revoked = revoked
  call.span('revoked', call.elapsedMs(), revoked.message, false)
  call.deadlineAt = Number.POSITIVE_INFINITY
  try {
    call.onDeadline()
  } catch (error) {
    onBug(call, error)
  }
}
