import { replaceEqualDeep } from '@tanstack/react-query'

/** The ETag that each answer came with, by the answer itself: what a form was filled from knows its own version. */
const etags = new WeakMap<object, string>()

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

export const received = (answer: unknown, headers: Headers): void => {
  const etag = headers.get('etag')
  if (etag && isObject(answer)) etags.set(answer, etag)
}

/** For a write: `api.teams.update(…, asRead(team))` is refused when somebody has changed the team since it was read. */
export const asRead = (thing: object | undefined): { ifMatch: string | undefined } => ({
  ifMatch: thing && etags.get(thing),
})

/** Keeps what is equal as it was, as the cache does by itself; copies of an answer are of its version. */
export const shareEqual = (before: unknown, now: unknown): unknown => {
  const shared: unknown = replaceEqualDeep(before, now)
  carry(now, shared)
  // an answer may be one of several that a page loads together
  if (isObject(now) && isObject(shared))
    for (const [name, part] of Object.entries(now)) carry(part, (shared as Record<string, unknown>)[name])
  return shared
}

const carry = (from: unknown, to: unknown) => {
  const etag = isObject(from) && etags.get(from)
  if (etag && isObject(to)) etags.set(to, etag)
}
