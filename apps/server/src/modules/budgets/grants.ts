import type { Grant as GrantBody, NewGrant } from '@cockpit/contract/budgets'
import { decimalOf, microsOf } from '@cockpit/contract/money'
import { type Clock, type Ctx, type Db, newId, Problem, type Tx } from '../../platform/index.ts'
import type { Alerts } from './alerts.ts'
import { leftOfGrants } from './cycle.ts'
import { type Grant, larger, ownPartOf, smaller } from './model.ts'
import { budgetRepository } from './repository.ts'
import type { Turning } from './turn.ts'

/** Credits that super admins give an account. They enter and leave through its pool. */
export const createGrants = ({
  db,
  now,
  turning,
  alerts,
}: {
  db: Db
  now: Clock
  turning: Turning
  alerts: Alerts
}) => {
  const inAccount = <T>(ctx: Ctx, accountId: string, work: (tx: Tx) => Promise<T>) =>
    db.platform(ctx, async (tx) => {
      if (!(await budgetRepository(tx, accountId).accountExists()))
        throw new Problem('account.not_found', `No account '${accountId}'.`)
      return work(tx)
    })

  return {
    list: (ctx: Ctx, accountId: string) =>
      inAccount(ctx, accountId, async (tx) => ({
        items: (await budgetRepository(tx, accountId).grants()).map(present),
      })),

    create: (ctx: Ctx, accountId: string, input: NewGrant) =>
      inAccount(ctx, accountId, async (tx) => {
        const { edit, cycle, save } = await turning.edit(tx, accountId)
        const grant = grantOf(input, ctx, now())
        await budgetRepository(tx, accountId).insertGrant(grant)
        edit.change('grant', grant.amount, grant.id)
        edit.refill()
        await save()
        await alerts.rearm(tx, accountId, cycle.id, edit.touched)
        await tx.emit('grant.created', { subject: subjectOf(grant), after: present(grant), accountId })
        return present(grant)
      }),

    revoke: (ctx: Ctx, accountId: string, id: string) =>
      inAccount(ctx, accountId, async (tx) => {
        const { edit, cycle, save } = await turning.edit(tx, accountId)
        const budgets = budgetRepository(tx, accountId)
        const grant = (await budgets.grants()).find((one) => one.id === id && !one.revokedAt)
        if (!grant) throw new Problem('budget.grant_not_found', `No grant '${id}' in force.`)
        const { grantsLeft } = leftOfGrants([...edit.nodes.values()], await budgets.lasting())
        const left = grant.recurrence === 'once' ? (grantsLeft.get(id) ?? 0n) : amountOfCycle(grant, cycle.startsAt)
        const leaves = smaller(left, larger(0n, ownPartOf(edit.root)))
        edit.change('revoke', -leaves, id)
        await budgets.revokeGrant(id, now())
        await save()
        await alerts.rearm(tx, accountId, cycle.id, edit.touched)
        await tx.emit('grant.revoked', {
          subject: subjectOf(grant),
          before: present(grant),
          after: { revokedAt: now().toISOString(), leftThePool: decimalOf(leaves) },
          accountId,
        })
      }),
  }
}

/** What a renewing grant has put into the cycle: nothing when it expired before the cycle began. */
const amountOfCycle = ({ amount, expiresAt }: Grant, startsAt: Date) =>
  expiresAt && expiresAt <= startsAt ? 0n : amount

const grantOf = ({ amount, recurrence, note, expiresAt }: NewGrant, { actor }: Ctx, at: Date): Grant => {
  const micros = microsOf(amount)
  const expires = expiresAt === null ? null : new Date(expiresAt)
  if (expires && expires <= at)
    throw new Problem('input.invalid', 'A grant must expire in the future.', {
      errors: [{ pointer: '/expiresAt', detail: 'must be in the future' }],
    })
  return {
    id: newId('grt', at),
    amount: micros,
    recurrence,
    remaining: recurrence === 'once' ? micros : 0n,
    note,
    expiresAt: expires,
    revokedAt: null,
    createdAt: at,
    createdBy: actor.name,
  }
}

const subjectOf = ({ id, amount }: Grant) => ({ type: 'grant', id, name: `${decimalOf(amount)} credits` })

const present = (grant: Grant): GrantBody => ({
  id: grant.id,
  amount: decimalOf(grant.amount),
  recurrence: grant.recurrence,
  note: grant.note,
  expiresAt: grant.expiresAt?.toISOString() ?? null,
  revokedAt: grant.revokedAt?.toISOString() ?? null,
  createdAt: grant.createdAt.toISOString(),
  createdBy: grant.createdBy,
})
