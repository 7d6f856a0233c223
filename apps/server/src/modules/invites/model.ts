import type { Invite } from '@cockpit/contract/invites'
import { Problem } from '../../platform/index.ts'

const dayMs = 24 * 60 * 60_000
export const expiryOf = (sentAt: Date, days: number) => new Date(sentAt.getTime() + days * dayMs)

type Times = { accepted_at: Date | null; revoked_at: Date | null; expires_at: Date }
export const statusOf = ({ accepted_at, revoked_at, expires_at }: Times, now: Date): Invite['status'] => {
  if (accepted_at) return 'accepted'
  if (revoked_at) return 'revoked'
  return expires_at > now ? 'pending' : 'expired'
}

/** One answer for every link that opens nothing, so that it tells nobody what once was. */
export const invalid = () =>
  new Problem(
    'invite.invalid',
    'This invitation was used, replaced or revoked, or it has expired. Ask whoever sent it for a new one.',
  )

export const notGranted = () =>
  new Problem('invite.not_granted', 'Whoever sent this invitation may no longer give it. Ask for a new one.')
