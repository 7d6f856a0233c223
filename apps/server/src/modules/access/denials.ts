import type { PageQuery } from '@cockpit/contract/kit'
import type { DenyRule, DenySubject, NewDenyRule } from '@cockpit/contract/roles'
import { asWritten, isBoundBy } from '@cockpit/policy'
import {
  type Actor,
  type Clock,
  type Ctx,
  type Db,
  newId,
  Problem,
  platformAccount,
  refuseOutlasting,
  type Tx,
} from '../../platform/index.ts'
import type { KeepAdmin } from './administrators.ts'
import { requirePrincipal } from './assignments.ts'
import { partyRepository } from './assignments-repository.ts'
import { denialRepository } from './denials-repository.ts'
import { factsOf } from './facts.ts'
import { readFacts } from './facts-repository.ts'
import { roleColumns, roleToGive } from './giving.ts'
import type { RightsOf } from './rights.ts'

type Deps = { db: Db; now: Clock; rightsOf: RightsOf; keepAdmin: KeepAdmin }

/** Rules that take permissions away, whatever roles give. */
export const createDenials = ({ db, now, rightsOf, keepAdmin }: Deps) => {
  const read = async (tx: Tx, id: string): Promise<DenyRule> => (await denialRepository(tx).find(id)) ?? missing()

  /** Whoever makes a rule can take it back: they keep the permission to. */
  const refuseLockOut = async (tx: Tx) => {
    const who = await callerHere(tx)
    if (!who) return
    const { permissions } = await rightsOf(tx, who)
    if (!permissions.has('access.write'))
      throw new Problem('deny_rule.locks_out', 'This rule would take access.write from you, and with it the way back.')
  }

  /** About one principal it is refused; a rule about many leaves out those above its writer by itself. */
  const refuseUpwards = async (tx: Tx, ruleId: string, subject: DenySubject) => {
    if (tx.ctx.actor.isSuperAdmin || (subject.kind !== 'user' && subject.kind !== 'service_account')) return
    if (isBoundBy(ruleId, await factsNow(tx, subject), now())) return
    throw new Problem('access.denied', 'They may do more than you, so no rule of yours can bind them.')
  }

  /** Whom a rule binds cannot lift it, unless they bound themselves together with others. */
  const refuseBound = async (tx: Tx, { id, subject }: DenyRule) => {
    const who = await callerHere(tx)
    if (!who || !isBoundBy(id, await factsNow(tx, who), now())) return
    const byThemselves = (await denialRepository(tx).writerOf(id)) === who.id
    if (byThemselves && (subject.kind === 'role' || subject.kind === 'everyone')) return
    throw new Problem('access.denied', 'Somebody else must take back a rule that concerns you.')
  }

  return {
    list: (ctx: Ctx, query: PageQuery & { q?: string | undefined }) =>
      db.tenant(ctx, (tx) => denialRepository(tx).page(query)),

    create: (ctx: Ctx, { subject, permissions, reason, expiresAt }: NewDenyRule): Promise<DenyRule> =>
      db.tenant(ctx, async (tx) => {
        if (expiresAt !== null && new Date(expiresAt) <= now())
          throw new Problem('input.invalid', 'The rule would be over already; choose a time in the future.', {
            errors: [{ pointer: '/expiresAt', detail: 'must be in the future' }],
          })
        refuseOutlasting(ctx, ['access.write'], expiresAt)
        const id = newId('dny', now())
        await keepAdmin(tx, ctx.accountId, async () => {
          await denialRepository(tx).insert({
            id,
            ...(await subjectColumns(tx, subject, now())),
            permissions: [...new Set(permissions)].sort(),
            reason,
            expires_at: expiresAt === null ? null : new Date(expiresAt),
            created_by: ctx.actor.name,
            written_by: ctx.actor.id,
            ceiling: ceilingOf(ctx.actor, expiresAt),
            created_at: now(),
          })
          await refuseUpwards(tx, id, subject)
          await refuseLockOut(tx)
        })
        const rule = await read(tx, id)
        await tx.emit('deny_rule.created', { subject: subjectOf(rule), after: told(rule), reason })
        return rule
      }),

    remove: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const rule = await read(tx, id)
        await refuseBound(tx, rule)
        // what it took comes back to those it bound
        refuseOutlasting(ctx, rule.permissions, rule.expiresAt)
        await keepAdmin(tx, ctx.accountId, () => denialRepository(tx).remove(id))
        await tx.emit('deny_rule.deleted', { subject: subjectOf(rule), before: told(rule) })
      }),
  }
}

/** It binds nobody who may do more than its writer, and so counts only what they have for as long as it stands. */
const ceilingOf = ({ isSuperAdmin, permissions, until }: Actor, expiresAt: string | null): string[] | null => {
  if (isSuperAdmin) return null
  const standsWith = (end: Date | undefined) => !end || (expiresAt !== null && new Date(expiresAt) <= end)
  return asWritten(new Set([...permissions].filter((permission) => standsWith(until?.get(permission)))))
}

type Party = { kind: 'user' | 'service_account'; id: string }

/** What decides about somebody of this account by now. */
const factsNow = async (tx: Tx, { kind, id }: Party) => {
  const roles = kind === 'user' ? await partyRepository(tx).rolesOf(id) : []
  return factsOf({ kind, id, roles }, await readFacts(tx, { kind, id, accountId: tx.ctx.accountId }))
}

/** The caller as somebody whom rules of this account can bind; null for those they cannot. */
const callerHere = async (tx: Tx) => {
  const { kind, id, isSuperAdmin, isPlatform } = tx.ctx.actor
  const { accountId } = tx.ctx
  if (isSuperAdmin || (isPlatform && accountId !== platformAccount)) return null
  if (kind !== 'user' && kind !== 'service_account') return null
  return { kind, id, accountId, roles: kind === 'user' ? await partyRepository(tx).rolesOf(id) : [] }
}

const nobody = { role: null, custom_role_id: null, user_id: null, service_account_id: null }

const subjectColumns = async (tx: Tx, subject: DenySubject, now: Date) => {
  if (subject.kind === 'everyone') return { subject: 'everyone', ...nobody }
  if (subject.kind === 'role')
    return { subject: 'role', ...nobody, ...roleColumns(await roleToGive(tx, subject.id, now)) }
  await requirePrincipal(tx, subject)
  return subject.kind === 'user'
    ? { subject: 'user', ...nobody, user_id: subject.id }
    : { subject: 'service_account', ...nobody, service_account_id: subject.id }
}

const missing = (): never => {
  throw new Problem('deny_rule.not_found', 'There is no such rule.')
}

const subjectOf = ({ id, subject }: DenyRule) => ({ type: 'deny_rule', id, name: subject.name })
const told = ({ subject, permissions, expiresAt }: DenyRule) => ({ subject, permissions, expiresAt })
