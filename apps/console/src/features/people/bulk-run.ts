import type { BulkItem } from '@cockpit/contract/kit'
import type { Api } from '../../app/api.ts'

/** Of one call; more are done one call after the other, so that one can see how far it is, and stop it. */
export const partMax = 100

export type Effect = BulkItem & { id: string }
export type Effects = { changed: number; unchanged: number; skipped: number; items: readonly Effect[] }
export type Progress = { done: number; total: number }
export type Watch = { signal: AbortSignal; onProgress: (progress: Progress) => void }
/** Does an act to some, or with `isDry` tells what it would do. */
export type DoPart = (api: Api, ids: readonly string[], isDry: boolean, signal?: AbortSignal) => Promise<Effects>

export const noEffects: Effects = { changed: 0, unchanged: 0, skipped: 0, items: [] }
export const together = (some: Effects, others: Effects): Effects => ({
  changed: some.changed + others.changed,
  unchanged: some.unchanged + others.unchanged,
  skipped: some.skipped + others.skipped,
  items: [...some.items, ...others.items],
})

export const partsOf = (ids: readonly string[]): (readonly string[])[] =>
  Array.from({ length: Math.ceil(ids.length / partMax) }, (_, part) => ids.slice(part * partMax, (part + 1) * partMax))

/** What an act would do to each of those that are named. */
export const rehearseNamed = async (
  api: Api,
  ids: readonly string[],
  doPart: DoPart,
  { signal, onProgress }: Watch,
) => {
  let effects = noEffects
  for (const part of partsOf(ids)) {
    onProgress({ done: effects.items.length, total: ids.length })
    effects = together(effects, await doPart(api, part, true, signal))
  }
  return effects
}

export const changedIn = ({ items }: Effects): string[] =>
  items.filter(({ verdict }) => verdict === 'changed').map(({ id }) => id)
