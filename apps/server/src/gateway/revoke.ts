/** Ends open calls whose holder may call no more, as soon as a snapshot says so. Nothing of it runs while bytes flow. */
import type { World } from '@cockpit/policy'
import type { Call } from './call.ts'
import type { Calls } from './calls.ts'
import { revokedBy } from './holder.ts'
import { refusalOf } from './refusal.ts'

type Deps = { calls: Calls; world: () => World; onBug: (call: Call, error: unknown) => void }

export const createRevoke =
  ({ calls, world, onBug }: Deps) =>
  (accountId: string): void => {
    const now = world()
    calls.each((call) => {
      const { holder } = call
      if (call.account?.slice.account.id !== accountId || holder === null) return
      if (call.finished || call.counting || call.gone || call.revoked) return
      const denial = revokedBy(now, accountId, holder)
      if (denial) end(call, refusalOf(denial), onBug)
    })
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
