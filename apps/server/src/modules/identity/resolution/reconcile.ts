import type { RoleName } from '@cockpit/contract/kit'
import {
  type Evidence,
  type IdentityClaims,
  type Resolution,
  type ResolutionFacts,
  type ResolutionRules,
  roleClaimed,
} from '@cockpit/policy'
import { attempt, type Clock, platformAccount, type Tx } from '../../../platform/index.ts'
import type { Addresses } from '../addresses.ts'
import { peopleRepository } from '../people-repository.ts'
import type { KeepAdmin } from '../port.ts'
import { endedBy, followsClaims, type Held, type Provenance } from './model.ts'
import { resolutionRepository } from './repository.ts'

export type Said = {
  claims: IdentityClaims
  facts: ResolutionFacts
  rules: ResolutionRules
  resolution: Resolution
  /** Says all there is to say: what it leaves out is taken away for good, and not only for this token. */
  isWhole: boolean
  identity: { issuer: string; subject: string }
  /** Whether the claims prove the e-mail to all accounts. */
  isProof: boolean
  /** When the claims were made; what was decided here since is not undone by them. */
  issuedAt: Date | null
}
type Person = { id: string; name: string; email: string }
/** What the claims give now, by account, where the membership follows them; null: nothing. */
export type Claimed = ReadonlyMap<string, RoleName | null>

const proofsMax = 50

/**
 * Memberships as the claims prove them: missing ones are made, those that follow the claims get the role these give, and
 * those whose proof is gone are suspended. What people or directories decided stays.
 */
type Deps = { now: Clock; addresses: Addresses; keepAdmin: KeepAdmin }
export const createReconcile = ({ now, addresses, keepAdmin }: Deps) => {
  /** Another account may have made this person and know their password; from here on it must not lead any further. */
  const closeOtherWays = async (tx: Tx, person: Person, accountId: string, { identity, isProof, claims }: Said) => {
    const standing = await addresses.standing(tx, person.email, accountId)
    if (!standing || addresses.mayJoin(standing)) return
    await addresses.closeWaysIn(tx, standing, { identity }, 'Their identity provider took them into another account.')
    if (isProof && claims.email === person.email) await addresses.verified(tx, person.id)
  }

  const join = async (tx: Tx, person: Person, accountId: string, { provenance, said }: Joining) => {
    const { issuedAt } = said
    const removedAt = issuedAt && (await resolutionRepository(tx).removedAt(accountId, person.id))
    if (removedAt && issuedAt <= removedAt) return false
    if (accountId !== platformAccount && (await isFull(tx, accountId))) return false
    await closeOtherWays(tx, person, accountId, said)
    await resolutionRepository(tx).add(accountId, person.id, provenance.role, provenance, now())
    await tx.emit('user.added', {
      subject: subjectOf(person),
      after: { email: person.email, role: provenance.role, source: 'sso', provenance },
      accountId,
    })
    return true
  }

  const repair = async (tx: Tx, person: Person, held: Held, change: Change) => {
    const { role = held.role, status = held.status, provenance, reason } = change
    const write = () => resolutionRepository(tx).change(held.accountId, person.id, { role, status, provenance })
    // an account keeps an admin, whatever its identity provider says
    if ('problem' in (await attempt(tx, () => keepAdmin(tx, held.accountId, write)))) return
    await tx.emit('user.updated', {
      subject: subjectOf(person),
      before: { role: held.role, status: held.status, provenance: held.provenance },
      after: { role, status, provenance },
      accountId: held.accountId,
      reason,
    })
  }

  const prove = async (tx: Tx, person: Person, held: readonly Held[], evidence: Evidence, said: Said) => {
    const { claims, facts, rules, isWhole } = said
    const { accountId, via, proof } = evidence
    const role = roleClaimed(claims, accountId, facts, rules) ?? 'end_user'
    const provenance: Provenance = { via, proof, role, at: now().toISOString() }
    const current = held.find((membership) => membership.accountId === accountId)
    if (!current) return (await join(tx, person, accountId, { provenance, said })) ? role : undefined
    if (current.source === 'sso' && current.provenance?.ended && current.status === 'suspended')
      await repair(tx, person, current, { role, status: 'active', provenance, reason: 'What proves it is back.' })
    else if (followsClaims(current) && current.role !== role && (isWhole || isAdmin(role)))
      await repair(tx, person, current, { role, provenance, reason: 'The identity provider says so.' })
    return followsClaims(current) ? role : undefined
  }

  /** Super admins by the word of the identity provider; those of this installation's own making are left alone. */
  const platform = async (tx: Tx, person: Person, held: readonly Held[], said: Said) => {
    const { resolution, claims, isWhole } = said
    const current = held.find(({ accountId }) => accountId === platformAccount)
    if (resolution.isSuperAdmin && !current) {
      const granted = { via: 'platform_org', proof: `org:${claims.issuer}:platform`, role: 'super_admin' } as const
      await join(tx, person, platformAccount, { provenance: { ...granted, at: now().toISOString() }, said })
    }
    if (resolution.isSuperAdmin || !current || !followsClaims(current) || !isWhole) return
    if (!(await resolutionRepository(tx).hasOtherSuperAdmin(person.id))) return
    await peopleRepository(tx).deleteMembership(platformAccount, person.id, now())
    await tx.emit('user.removed', {
      subject: subjectOf(person),
      before: { role: current.role, provenance: current.provenance },
      accountId: platformAccount,
      reason: 'The identity provider no longer grants it.',
    })
  }

  return async (tx: Tx, person: Person, said: Said): Promise<Claimed> => {
    const { resolution, claims, rules, isWhole } = said
    const held = await resolutionRepository(tx).held(person.id)
    const proven = resolution.proven.filter(({ via }) => via !== 'membership' && via !== 'admin_email')
    const claimed = new Map<string, RoleName | null>()
    for (const membership of held)
      if (followsClaims(membership)) claimed.set(membership.accountId, silent(membership, resolution))
    for (const evidence of proven.slice(0, proofsMax)) {
      const role = await prove(tx, person, held, evidence, said)
      if (role) claimed.set(evidence.accountId, role)
    }
    const reason = 'What made them a member no longer does.'
    for (const stale of endedBy(held, { proven, issuer: claims.issuer, isWhole }))
      if (stale.provenance)
        await repair(tx, person, stale, {
          status: 'suspended',
          provenance: { ...stale.provenance, ended: true },
          reason,
        })
    if (rules.issuerAccount === null) await platform(tx, person, held, said)
    return claimed
  }
}

type Joining = { provenance: Provenance; said: Said }
type Change = { role?: RoleName; status?: Held['status']; provenance: Provenance; reason: string }

const subjectOf = ({ id, name }: Person) => ({ type: 'user', id, name })
const isAdmin = (role: RoleName) => role === 'owner' || role === 'account_admin'

/** The least a membership is worth that follows the claims, when these do not speak of it. */
const silent = ({ accountId }: Held, { isSuperAdmin }: Resolution): RoleName | null => {
  if (accountId !== platformAccount) return 'end_user'
  return isSuperAdmin ? 'super_admin' : null
}

/** Whether all seats are taken; what is free stays so until the end of the transaction. */
export const isFull = async (tx: Tx, accountId: string): Promise<boolean> => {
  const { max, used } = await peopleRepository(tx).holdSeats(accountId)
  return max !== null && used >= max
}
