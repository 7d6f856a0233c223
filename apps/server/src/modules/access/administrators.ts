import { type AdministrationFacts, administrationOf, isWorse, mightDo } from '@cockpit/policy'
import { attempt, type Clock, Problem, platformAccount, type Tx } from '../../platform/index.ts'
import { administratorsRepository } from './administrators-repository.ts'
import { factsOf, grantOf, ruleOf } from './facts.ts'

type Deps = {
  now: Clock
  /** The installation has an identity provider, by which anybody might come in. */
  installationLetsIn: boolean
}

/**
 * Does what could take the last administrator from an account, and refuses it if it did; then nothing that was written
 * stays. One such thing at a time: of two that leave at once, the second sees that the first has left. The platform
 * guards its own.
 */
export const createKeepAdmin = ({ now, installationLetsIn }: Deps) => {
  const standing = async (tx: Tx, accountId: string) => {
    const { people, rules, provider } = await administratorsRepository(tx).read(accountId)
    const facts: AdministrationFacts = {
      people: people.map(({ id, role, has_own_sign_in, is_of_provider, is_super_admin, assignments }) => ({
        id,
        grants: factsOf({ kind: 'user', id, roles: [role] }, { grants: assignments.map(grantOf), denials: [] }).grants,
        hasOwnSignIn: has_own_sign_in,
        isOfProvider: is_of_provider,
        isSuperAdmin: is_super_admin,
      })),
      denials: rules.map(ruleOf),
      provider: provider && {
        enabled: provider.enabled,
        required: provider.required,
        ceiling: provider.written_with && mightDo(provider.written_with),
      },
      installationLetsIn,
    }
    return administrationOf(facts, now())
  }

  return async <T>(tx: Tx, accountId: string, work: () => Promise<T>, refusal = lastAdmin): Promise<T> => {
    if (accountId === platformAccount) return work()
    await administratorsRepository(tx).hold(accountId)
    const before = await standing(tx, accountId)
    const outcome = await attempt(tx, async () => {
      const done = await work()
      if (before !== 'none' && isWorse(await standing(tx, accountId), before)) throw refusal()
      return done
    })
    if ('problem' in outcome) throw outcome.problem
    return outcome.value
  }
}
export type KeepAdmin = ReturnType<typeof createKeepAdmin>

const lastAdmin = () =>
  new Problem(
    'user.last_admin',
    'An account keeps at least one active admin who can sign in; name another one first. A role that ends, or that a rule takes from, does not count.',
  )
