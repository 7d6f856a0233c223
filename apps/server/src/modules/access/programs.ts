import { accessOf, type Grant, rightsIn } from '@cockpit/policy'
import { type Clock, lasting, Problem, type Tx } from '../../platform/index.ts'
import { factsOf } from './facts.ts'
import { readFacts } from './facts-repository.ts'

type Act = {
  /** What is about to be done, as in 'delete it'. */
  act: string
  /** Whoever does it could act as the service account from then on, so what they have for a time is not enough. */
  becomesIt?: boolean
}

/**
 * Nobody changes, ends or acts as a service account that may do more than they, or will: a role that begins tomorrow is
 * its own already.
 */
export const createRefuseHigherProgram =
  ({ now }: { now: Clock }) =>
  async (tx: Tx, id: string, { act, becomesIt = false }: Act): Promise<void> => {
    const { actor, accountId } = tx.ctx
    if (actor.isSuperAdmin) return
    const who = { kind: 'service_account' as const, id, accountId, roles: [] }
    const { grants, denials } = await readFacts(tx, who)
    const access = accessOf(factsOf(who, { grants: grants.map(begun), denials }), now())
    const { permissions, delegated } = rightsIn(access)
    const held = becomesIt ? lasting(actor) : actor.permissions
    const beyond = [...permissions, ...delegated.keys()].filter((permission) => !held.has(permission))
    if (beyond.length === 0) return
    throw new Problem(
      'access.denied',
      `This service account may do more than you (${beyond.slice(0, 3).join(', ')}${beyond.length > 3 ? ', …' : ''}), so you cannot ${act}.`,
    )
  }

const begun = (grant: Grant): Grant => ({ ...grant, startsAt: null })
