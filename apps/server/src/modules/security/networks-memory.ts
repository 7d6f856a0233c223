import { type Db, eventsChannel } from '../../platform/index.ts'
import type { Lists } from './networks-repository.ts'

/** A change is told to every process; this bounds how long one goes by an old list while nothing can be told to it. */
const keptMs = 5_000
const accountsMax = 10_000

/**
 * The lists of the accounts that ask much, so that not each of their requests reads them anew. Every announced event of
 * an account empties its place, as does this process the moment it has changed a list itself.
 */
export const createNetworksMemory = ({ db, monotonicMs }: { db: Pick<Db, 'listen'>; monotonicMs: () => number }) => {
  const kept = new Map<string, { lists: Lists; until: number }>()
  let changes = 0
  let listening: Promise<boolean> | null = null

  const forget = (accountId?: string) => {
    changes++
    if (accountId === undefined) kept.clear()
    else kept.delete(accountId)
  }

  /** Nothing is kept before it is sure that changes are heard of. */
  const hears = (): Promise<boolean> => {
    listening ??= db
      .listen(eventsChannel, forget, () => forget())
      .then(
        () => true,
        () => {
          listening = null
          return false
        },
      )
    return listening
  }

  return {
    forget,
    async of(accountId: string, read: () => Promise<Lists>): Promise<Lists> {
      const known = kept.get(accountId)
      if (known && monotonicMs() < known.until) return known.lists
      const heard = await hears()
      const [before, from] = [changes, monotonicMs()]
      const lists = await read()
      // what changed while it was being read may be missing from it
      if (heard && before === changes) {
        if (kept.size >= accountsMax) kept.clear()
        kept.set(accountId, { lists, until: from + keptMs })
      }
      return lists
    },
  }
}
