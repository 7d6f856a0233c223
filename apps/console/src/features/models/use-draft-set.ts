import type { ModelSet } from '@cockpit/contract/models'
import { useState } from 'react'
import { holds, sameSet, withModels } from './sets.ts'

/** A set of models being edited: every step can be undone, nothing is saved before somebody says so. */
export const useDraftSet = (saved: ModelSet, candidates: readonly string[]) => {
  const [steps, setSteps] = useState<readonly ModelSet[]>([])
  const set = steps.at(-1) ?? saved
  const push = (next: ModelSet) => {
    if (!sameSet(next, set)) setSteps([...steps, next])
  }
  return {
    set,
    has: (id: string) => holds(set, id),
    toggle: (ids: readonly string[], on: boolean) => push(withModels(set, ids, on, candidates)),
    // a list begins with everything, so that choosing it takes nothing away by itself
    setMode: (mode: ModelSet['mode']) =>
      push(mode === 'all' ? { mode, modelIds: [] } : { mode, modelIds: [...candidates] }),
    changed: !sameSet(set, saved),
    steps: steps.length,
    undo: () => setSteps(steps.slice(0, -1)),
    discard: () => setSteps([]),
  }
}
export type DraftSet = ReturnType<typeof useDraftSet>
