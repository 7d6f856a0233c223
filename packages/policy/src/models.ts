import type { ModelSet } from '@cockpit/contract/models'

/** What a model needs to be resolved; callers pass their own richer type and get it back. */
type Resolvable = { id: string; name: string; status: 'active' | 'disabled' }

export type ModelRule =
  | 'model.status'
  | 'model.name_hidden'
  | 'eligibility.contains'
  | 'selection.contains'
  | 'model.owned'
  | 'model.eligible_and_selected'

/** One model on its way from the catalog to the effective set, with the rule that decided. */
export type ResolvedModel<T extends Resolvable> = {
  readonly model: T
  readonly ownedBy: 'platform' | 'account'
  readonly eligible: boolean
  readonly selected: boolean
  readonly effective: boolean
  readonly rule: ModelRule
  readonly reason: string
}

export type ModelSources<T extends Resolvable> = {
  platformModels: readonly T[]
  ownModels: readonly T[]
  eligibility: ModelSet
  selection: ModelSet
}

/**
 * Eligibility → selection → effective set of one account, a pure function of stored state. An account's own models are
 * eligible by nature, and hide a platform model of the same name even while disabled: a name never silently changes who
 * is billed. Own models come first.
 */
export const resolveModels = <T extends Resolvable>(sources: ModelSources<T>): ResolvedModel<T>[] => {
  const { platformModels, ownModels } = sources
  const isEligible = membership(sources.eligibility)
  const isSelected = membership(sources.selection)
  const ownNames = new Set(ownModels.map(({ name }) => name))
  const judge = (model: T, ownedBy: 'platform' | 'account'): ResolvedModel<T> => {
    const eligible = ownedBy === 'account' || isEligible(model.id)
    const selected = isSelected(model.id)
    const hidden = ownedBy === 'platform' && ownNames.has(model.name)
    return { model, ownedBy, eligible, selected, ...verdictOf({ model, ownedBy, eligible, selected, hidden }) }
  }
  return [
    ...ownModels.map((model) => judge(model, 'account')),
    ...platformModels.map((model) => judge(model, 'platform')),
  ]
}

type Findings = {
  model: Resolvable
  ownedBy: 'platform' | 'account'
  eligible: boolean
  selected: boolean
  hidden: boolean
}

const verdictOf = ({ model, ownedBy, eligible, selected, hidden }: Findings) => {
  const no = (rule: ModelRule, reason: string) => ({ effective: false, rule, reason })
  if (model.status === 'disabled') return no('model.status', 'It is disabled in the catalog.')
  if (hidden)
    return no('model.name_hidden', `The account's own model '${model.name}' has the same name and replaces it.`)
  if (!eligible) return no('eligibility.contains', 'The platform has not made it eligible for this account.')
  if (!selected) return no('selection.contains', 'The account has not selected it.')
  return ownedBy === 'account'
    ? { effective: true, rule: 'model.owned' as const, reason: 'The account owns it and has selected it.' }
    : {
        effective: true,
        rule: 'model.eligible_and_selected' as const,
        reason: 'It is eligible for this account and selected by it.',
      }
}

const membership = ({ mode, modelIds }: ModelSet): ((id: string) => boolean) => {
  if (mode === 'all') return () => true
  const listed = new Set(modelIds)
  return (id) => listed.has(id)
}
