import type { Tx } from '../../platform/index.ts'
import { standingOf } from './model.ts'
import { peopleRepository } from './people-repository.ts'

/** How a person is called, for whoever writes down that somebody looked at them. */
export const nameOf = async (tx: Tx, userId: string): Promise<string | null> =>
  (await peopleRepository(tx).byId(userId))?.name ?? null

/** The account of whoever has this e-mail, as their sign-in would choose it; null for strangers and people of the platform. */
export const homeOf = async (tx: Tx, email: string): Promise<string | null> => {
  const person = await peopleRepository(tx).byEmail(email)
  const standing = person && standingOf(await peopleRepository(tx).memberships(person.id))
  return standing && !standing.platform ? (standing.home?.accountId ?? null) : null
}
