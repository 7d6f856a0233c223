/**
 * Gives role keys to people and to organizations. An update in Zitadel replaces them all and asks for no version, so of two
 * who read and write at once one loses keys. Cockpit's own processes take turns; what others write meanwhile is read back
 * from the events, and put right.
 */
import { Problem } from '../../platform/index.ts'
import type { Deps } from './deps.ts'
import { grantKeysTold, keysTold, lacking, sameKeys, union } from './model.ts'
import { type Place, type ProjectGrant, type ZitadelApi, ZitadelError } from './port.ts'
import { onceVisible, settled } from './settled.ts'
import { inTurn } from './turns.ts'

type Work = Deps & { api: ZitadelApi }
type Granted = { status: 'created' | 'updated' | 'exists'; before: readonly string[]; after: readonly string[] }

/** Where one set of role keys is kept. */
type Holder = {
  write(keys: readonly string[]): Promise<unknown>
  /** The keys after each of its events. */
  story(): Promise<string[][]>
  /** What the list shows, which is late. */
  shown(): Promise<readonly string[]>
}

/** Writes that may cross those of others before somebody is told. */
const writesMax = 4

/** The union of what a person has and what they should have: keys that others gave are never taken. */
export const grantPerson = (
  work: Work,
  place: Place,
  userId: string,
  wanted: readonly string[],
): Promise<Granted & { id: string }> =>
  inTurn(work, `${place.projectId}:${place.organizationId}:${userId}`, async () => {
    const { api } = work
    const find = async () => (await api.authorizations(place)).find((one) => one.userId === userId)
    const holderOf = (id: string): Holder => ({
      write: (keys) => api.setAuthorization(id, keys),
      story: async () => keysTold(await api.history({ aggregateId: id })),
      shown: async () => (await find())?.roleKeys ?? [],
    })
    let there = await find()
    if (!there) {
      const made = await onceVisible(work, () => api.addAuthorization(place, userId, wanted))
      if (made)
        return {
          status: 'created',
          id: made.id,
          before: [],
          after: await kept(work, holderOf(made.id), wanted, { keys: wanted, after: 0 }),
        }
      there = await settled(work, find, (found) => found !== undefined)
      if (!there)
        throw new Problem('zitadel.failed', 'Zitadel says that the authorization is there, but does not show it yet.')
    }
    if (!there.active)
      throw new Problem('zitadel.failed', 'The authorization was deactivated in Zitadel; activate it there.')
    return { id: there.id, ...(await extended(work, holderOf(there.id), there.roleKeys, wanted)) }
  })

/** The same for what an organization may give; what it may not give any more, its people lose. */
export const extendGrant = (
  work: Work,
  place: Place,
  grant: ProjectGrant,
  wanted: readonly string[],
): Promise<Granted> =>
  inTurn(work, `${place.projectId}:${place.organizationId}`, () => {
    const { api } = work
    const holder: Holder = {
      write: (keys) => api.setProjectGrant(place, keys),
      story: async () => grantKeysTold(await api.history({ aggregateId: place.projectId }), place.organizationId),
      shown: async () => (await api.projectGrant(place))?.roleKeys ?? [],
    }
    return extended(work, holder, grant.roleKeys, wanted)
  })

const extended = async (
  work: Work,
  holder: Holder,
  listed: readonly string[],
  wanted: readonly string[],
): Promise<Granted> => {
  const story = await storyOf(holder)
  const before = story?.at(-1) ?? listed
  const after = union(before, wanted)
  if (lacking(wanted, before).length === 0) return { status: 'exists', before, after }
  await onceVisible(work, () => holder.write(after))
  return {
    status: 'updated',
    before,
    after: await kept(work, holder, wanted, { keys: after, after: story?.length ?? 0 }),
  }
}

/** What was written, after how many events. */
type Written = { keys: readonly string[]; after: number }

/**
 * What is held when nobody's keys were lost. Events are read as they were written, without the delay of lists: when ours is
 * the first since we looked, it replaced what we thought; else it replaced the one before it, or was replaced itself.
 */
const kept = async (
  work: Work,
  holder: Holder,
  wanted: readonly string[],
  written: Written,
): Promise<readonly string[]> => {
  let ours = written
  for (let writes = 1; ; writes++) {
    const story = (await storyOf(holder))?.slice(ours.after)
    const at = story?.findLastIndex((keys) => sameKeys(keys, ours.keys)) ?? -1
    if (!story || at < 0) return shown(work, holder, ours.keys)
    const isLast = at === story.length - 1
    if (isLast && at === 0) return ours.keys
    const right = union((isLast ? story[at - 1] : story.at(-1)) ?? [], wanted)
    if (sameKeys(right, story.at(-1) ?? [])) return right
    if (writes >= writesMax) throw crossed(wanted)
    ours = { keys: right, after: ours.after + story.length }
    await onceVisible(work, () => holder.write(right))
  }
}

/** Without events all that is known is what the list shows, when it does; the next in turn starts from that. */
const shown = async (work: Work, holder: Holder, ours: readonly string[]) => {
  const holds = (keys: readonly string[]) => lacking(ours, keys).length === 0
  if (!holds(await settled(work, holder.shown, holds))) throw crossed(ours)
  return ours
}

const crossed = (keys: readonly string[]) =>
  new Problem(
    'zitadel.failed',
    `Zitadel does not keep the role keys ${keys.join(', ')}: somebody else changes the same ones at the same time. Look at them there, and try again.`,
  )

/** Null to whoever may not read events. */
const storyOf = async (holder: Holder): Promise<string[][] | null> => {
  try {
    return await holder.story()
  } catch (error) {
    if (error instanceof ZitadelError && error.code === 'permission_denied') return null
    throw error
  }
}
