import type { Key } from '@cockpit/contract/keys'
import type { Model, ModelChain, ModelSet } from '@cockpit/contract/models'
import { type ResolvedModel, resolveModels } from '@cockpit/policy/models'

export type Resolved = ResolvedModel<Model>

/** The chain with other sets than the stored ones, judged by the rules the server judges with. */
export const resolve = (chain: ModelChain, sets: { eligibility?: ModelSet; selection?: ModelSet } = {}): Resolved[] => {
  const models = chain.items.map(({ model }) => model)
  return resolveModels({
    platformModels: models.filter(({ ownedBy }) => ownedBy === 'platform'),
    ownModels: models.filter(({ ownedBy }) => ownedBy === 'account'),
    eligibility: sets.eligibility ?? chain.eligibility,
    selection: sets.selection ?? chain.selection,
  })
}

export type SetEffect = { gained: string[]; lost: string[]; left: ReadonlySet<string> }

/** Which names become callable and which stop being so. */
export const effectOf = (before: readonly Resolved[], after: readonly Resolved[]): SetEffect => {
  const [had, has] = [namesOf(before), namesOf(after)]
  return {
    gained: [...has].filter((name) => !had.has(name)),
    lost: [...had].filter((name) => !has.has(name)),
    left: has,
  }
}
const namesOf = (models: readonly Resolved[]) =>
  new Set(models.filter(({ effective }) => effective).map(({ model }) => model.name))

export type KeyLoss = { key: Key; loses: string[]; keeps: number }
export type KeyEffect = { listed: KeyLoss[]; open: number }

/** Keys with a model list that name a lost model, and how many keys use whatever is effective. */
export const keysLosing = (keys: readonly Key[], { lost, left }: SetEffect): KeyEffect => ({
  listed: keys.flatMap((key) => {
    const loses = key.models?.filter((name) => lost.includes(name)) ?? []
    return loses.length > 0 ? [{ key, loses, keeps: key.models?.filter((name) => left.has(name)).length ?? 0 }] : []
  }),
  open: lost.length > 0 ? keys.filter(({ models }) => models === null).length : 0,
})

export const holds = ({ mode, modelIds }: ModelSet, id: string): boolean => mode === 'all' || modelIds.includes(id)

/** Puts models into a set or takes them out. Taking one out of `all` leaves a list of the others. */
export const withModels = (set: ModelSet, ids: readonly string[], on: boolean, all: readonly string[]): ModelSet => {
  if (set.mode === 'all') return on ? set : { mode: 'list', modelIds: all.filter((id) => !ids.includes(id)) }
  const others = set.modelIds.filter((id) => !ids.includes(id))
  return { mode: 'list', modelIds: on ? [...others, ...ids] : others }
}

export const sameSet = (a: ModelSet, b: ModelSet): boolean =>
  a.mode === b.mode &&
  (a.mode === 'all' || (a.modelIds.length === b.modelIds.length && a.modelIds.every((id) => b.modelIds.includes(id))))
