import { rolePermissions } from '@cockpit/contract/permissions'
import type { ScimRule, ScimRulesEffect } from '@cockpit/contract/scim'
import { type Clock, type Ctx, type Db, lasting, newId, Problem, type Tx } from '../../platform/index.ts'
import type { Apply } from './apply.ts'
import type { SyncDirectory } from './port.ts'
import { scimUserRepository } from './protocol/users-repository.ts'
import { ruleRepository } from './rules-repository.ts'
import { asSource } from './source.ts'

type Deps = { db: Db; now: Clock; directory: SyncDirectory; apply: Apply }

/** What membership of a group gives. Whoever writes a rule gives what it gives, so nobody gives more than they have. */
export const createRules = ({ db, now, directory, apply }: Deps) => {
  const check = async (tx: Tx, rules: readonly ScimRule[]) => {
    const ids = (kind: 'team' | 'org') => rules.flatMap(({ gives }) => (gives.kind === kind ? [gives.id] : []))
    const known = {
      team: await directory.names(tx, 'teams', ids('team')),
      org: await directory.names(tx, 'orgs', ids('org')),
    }
    for (const [at, { gives }] of rules.entries()) {
      const pointer = `/items/${at}/gives`
      if (gives.kind === 'role') refuseAbove(tx.ctx, gives.role, pointer)
      else if (!known[gives.kind].has(gives.id)) {
        const code = gives.kind === 'team' ? 'team.not_found' : 'org.not_found'
        const errors = [{ pointer: `${pointer}/id`, detail: `is not one of this account` }]
        throw new Problem(code, `There is no such ${gives.kind}.`, { errors })
      }
    }
  }

  const applied = async (tx: Tx, rules: readonly ScimRule[]): Promise<ScimRulesEffect> => {
    const before = await ruleRepository(tx).list()
    await ruleRepository(tx).replace(rules, () => newId('scr', now()))
    return apply.withRules(asSource(tx), await scimUserRepository(tx).ids(), rules, before)
  }

  return {
    list: (ctx: Ctx) => db.tenant(ctx, async (tx) => ({ items: await ruleRepository(tx).list() })),

    set: (ctx: Ctx, items: ScimRule[]) =>
      db.platform(ctx, async (tx) => {
        await check(tx, items)
        const before = await ruleRepository(tx).list()
        const { roles: _, ...effect } = await applied(tx, items)
        await tx.emit('scim_rules.updated', {
          subject: { type: 'scim_rules', id: tx.ctx.accountId, name: 'Group rules' },
          before: { items: before },
          after: { items, effect },
        })
        return { items }
      }),

    /** The same work as `set`, undone at its end: what is shown is what would happen. */
    async preview(ctx: Ctx, items: ScimRule[]): Promise<ScimRulesEffect> {
      try {
        return await db.platform(ctx, async (tx) => {
          await check(tx, items)
          throw new Previewed(await applied(tx, items))
        })
      } catch (error) {
        if (error instanceof Previewed) return error.effect
        throw error
      }
    },
  }
}

/** Leaves a transaction with what it found, and without what it wrote. */
class Previewed extends Error {
  readonly effect: ScimRulesEffect
  constructor(effect: ScimRulesEffect) {
    super('previewed')
    this.effect = effect
  }
}

const refuseAbove = ({ actor }: Ctx, role: keyof typeof rolePermissions, pointer: string) => {
  if (actor.isSuperAdmin || [...rolePermissions[role]].every((permission) => lasting(actor).has(permission))) return
  throw new Problem('access.denied', `The role '${role}' may do more than you, so no rule of yours can give it.`, {
    errors: [{ pointer, detail: 'gives more than you may do' }],
  })
}
