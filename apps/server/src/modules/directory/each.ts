import type { BulkItem } from '@cockpit/contract/kit'
import { attempt, type Tx } from '../../platform/index.ts'

type Values = BulkItem['before']
/** What an act does to one: null when nothing changes, `after` null when it is gone. */
export type Change = { before: Values; after: Values } | null
/** Does the act to one; `named` tells its name as soon as it is known, for whatever comes of it. */
type One = (id: string, named: (name: string) => void) => Promise<Change>
type Item = BulkItem & { id: string }

/** One act on each of many, by the rules for one. What is refused is skipped with the reason and stops no other. */
export const eachOf = async (tx: Tx, ids: readonly string[], one: One) => {
  const items: Item[] = []
  for (const id of new Set(ids)) items.push(await itemOf(tx, id, one))
  const count = (verdict: Item['verdict']) => items.filter((item) => item.verdict === verdict).length
  return { changed: count('changed'), unchanged: count('unchanged'), skipped: count('skipped'), items }
}

const itemOf = async (tx: Tx, id: string, one: One): Promise<Item> => {
  let name: string | null = null
  const outcome = await attempt(tx, () =>
    one(id, (known) => {
      name = known
    }),
  )
  if ('problem' in outcome) {
    const { detail, code } = outcome.problem
    return { id, name, verdict: 'skipped', before: null, after: null, reason: detail, code }
  }
  const { value } = outcome
  return { id, name, verdict: value ? 'changed' : 'unchanged', ...(value ?? nothing), reason: null, code: null }
}

const nothing = { before: null, after: null }
