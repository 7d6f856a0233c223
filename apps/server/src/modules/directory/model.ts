import type { MemberSource } from '@cockpit/contract/directory'
import type { HandEdit, UserPatch } from '@cockpit/contract/users'
import { Problem } from '../../platform/index.ts'
import type { Joined } from './members-repository.ts'

const act: Record<HandEdit, string> = {
  role: 'Their role is',
  status: 'Whether they are active is',
  teams: 'Their teams are',
  remove: 'Whether they belong to this account is',
}

/**
 * People whom an identity source looks after are changed there, or the next synchronisation would undo it. An account
 * may open fields for changes by hand. Limits are Cockpit's own, and suspending is always possible.
 */
export const refuseSynchronised = (source: MemberSource, edits: readonly HandEdit[], open: ReadonlySet<HandEdit>) => {
  const shut = source === 'manual' ? undefined : edits.find((edit) => !open.has(edit))
  if (shut)
    throw synchronised(
      `${act[shut]} decided by ${source === 'scim' ? 'the synchronisation (SCIM)' : 'sign-in (SSO)'}; change it in the identity source, or open it for changes by hand under Sign-in, Provisioning.`,
    )
}

/** The fields of a patch that an identity source may own. */
export const editsOf = ({ role, status }: Pick<UserPatch, 'role' | 'status'>): HandEdit[] => [
  ...(role !== undefined ? (['role'] as const) : []),
  ...(status !== undefined && status !== 'suspended' ? (['status'] as const) : []),
]

/** Teams that somebody came into by synchronisation are left the same way; others come and go by hand. */
export const refuseLeaving = (joined: readonly Joined[], teamIds: readonly string[], open: ReadonlySet<HandEdit>) => {
  const left = joined.find(({ teamId, source }) => source !== 'manual' && !teamIds.includes(teamId))
  if (left && !open.has('teams'))
    throw synchronised('They came into one of these teams by synchronisation and leave it the same way.', '/teamIds')
}

export const synchronised = (detail: string, pointer?: string): Problem =>
  new Problem('user.synchronised', detail, pointer ? { errors: [{ pointer, detail: 'is synchronised' }] } : undefined)
