import { Problem, type Tx } from '../../platform/index.ts'
import type { Owner } from './model.ts'
import type { ModelNames } from './port.ts'
import type { keyRepository, Reach } from './repository.ts'

type Keys = ReturnType<typeof keyRepository>

/** An owner must be here and able to act. Whom the caller may not act for is answered like one who is not here. */
export const requireOwner = async (keys: Keys, owner: Owner) => {
  if (owner.kind === 'user' && !(await keys.isActiveMember(owner.id))) throw noSuchOwner('user')
  if (owner.kind === 'service_account' && !(await keys.isServiceAccount(owner.id))) throw noSuchOwner('service_account')
}

/** Whoever manages the keys of some teams only gives no key that another team would pay for. */
export const requireWithin = async (keys: Keys, reach: Reach, owner: Owner, teamId: string | null | undefined) => {
  if (reach === 'all' || (owner.kind === 'user' && owner.id === reach.userId)) return
  const payer = teamId ?? (await keys.primaryTeamOf(owner))
  if (payer === null || !reach.teamIds.includes(payer)) throw noSuchOwner(owner.kind)
}

const noSuchOwner = (kind: Owner['kind']) =>
  kind === 'user'
    ? new Problem('user.not_found', 'There is no such active person in this account.')
    : new Problem('service_account.not_found', 'There is no such service account.')

export const requireTeam = async (keys: Keys, teamId: string | null | undefined, owner: Owner) => {
  if (!teamId || (await keys.isTeamOf(teamId, owner))) return
  throw new Problem(
    'team.not_found',
    owner.kind === 'user' ? 'The owner of the key is in no such team.' : 'There is no such team.',
  )
}

export const requireFuture = (expiresAt: string | null | undefined, now: Date) => {
  if (!expiresAt || new Date(expiresAt) > now) return
  throw new Problem('input.invalid', 'The key would be expired already; choose a time in the future.', {
    errors: [{ pointer: '/expiresAt', detail: 'must be in the future' }],
  })
}

export const requireModels = async (tx: Tx, modelNames: ModelNames, models: readonly string[] | null | undefined) => {
  if (!models || models.length === 0) return
  const known = await modelNames(tx)
  const errors = models.flatMap((name, index) =>
    known.has(name) ? [] : [{ pointer: `/models/${index}`, detail: `'${name}' is not a model of this account` }],
  )
  if (errors.length === 0) return
  throw new Problem('input.invalid', `The key names models this account does not have: ${errors.length} of them.`, {
    errors,
  })
}
