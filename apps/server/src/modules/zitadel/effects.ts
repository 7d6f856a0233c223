/** What an event of Zitadel means here. Nothing in here asks the network: it runs in the transaction that keeps the event. */
import type { Tx } from '../../platform/index.ts'
import type { Deps } from './deps.ts'
import { feedRepository, suspensionRepository } from './feed-repository.ts'
import {
  isAuthorizationType,
  isProjectType,
  organizationStateTypes,
  organizationSubject,
  userStateTypes,
} from './model.ts'
import type { ZitadelEvent } from './port.ts'
import { settingsRepository } from './settings-repository.ts'
import type { Standing } from './standing.ts'

/** In a word, for the list of what was heard. */
export type Outcome = 'applied' | 'overtaken' | 'compare' | 'unknown' | 'told'

type OrganizationReason = { cause: 'organization'; type: ZitadelEvent['type']; words: string }

export const createEffects = (deps: Deps, standing: Standing) => {
  const { members, signIn, now } = deps

  /** Who this person of Zitadel is here: by their sign-ins, and by what provisioning knows. */
  const peopleOf = async (tx: Tx, subject: string): Promise<string[]> => {
    const known = await signIn.personOf(tx, subject)
    const linked = (await settingsRepository(tx).linksOf(subject)).map(({ userId }) => userId)
    return [...new Set([...(known ? [known] : []), ...linked])]
  }

  const userStopped = async (tx: Tx, { aggregateId: subject, type }: ZitadelEvent): Promise<Outcome> => {
    const words = `Zitadel: ${type}`
    const people = await peopleOf(tx, subject)
    for (const userId of people) {
      await signIn.endAll(tx, userId, words)
      for (const accountId of await members.accountsOf(tx, userId))
        await standing.stop(tx, accountId, userId, { cause: 'user', type, words })
    }
    return people.length > 0 ? 'applied' : 'unknown'
  }

  const userBack = async (tx: Tx, { aggregateId: subject, type }: ZitadelEvent): Promise<Outcome> => {
    const people = await peopleOf(tx, subject)
    for (const userId of people)
      for (const accountId of await suspensionRepository(tx).accountsOf(userId, 'user'))
        await standing.restore(tx, accountId, userId, { cause: 'user', type, words: `Zitadel: ${type}` })
    return people.length > 0 ? 'applied' : 'unknown'
  }

  const organization = async (tx: Tx, { aggregateId, type }: ZitadelEvent): Promise<Outcome> => {
    const found = await settingsRepository(tx).accountOfOrganization(aggregateId)
    if (!found) return 'unknown'
    const { accountId, config } = found
    const words = `Zitadel: ${type}`
    const stopped = organizationStateTypes.get(type) === 'stopped'
    const told = stopped ? 'zitadel.organization_stopped' : 'zitadel.organization_restored'
    await tx.emit(told, { subject: organizationSubject(aggregateId), accountId, reason: words })
    const reason = { cause: 'organization', type, words } as const
    if (!stopped) await restoreAll(tx, accountId, reason)
    else if (config.organizationDeactivated === 'report') return 'told'
    else await stopAll(tx, accountId, reason)
    return 'applied'
  }

  const restoreAll = async (tx: Tx, accountId: string, reason: OrganizationReason) => {
    for (const { userId, cause } of await suspensionRepository(tx).of(accountId))
      if (cause === 'organization') await standing.restore(tx, accountId, userId, reason)
  }

  const stopAll = async (tx: Tx, accountId: string, reason: OrganizationReason) => {
    const linked = new Set<string>((await settingsRepository(tx).links(accountId)).map(({ userId }) => userId))
    for (const { userId, source } of await members.all(tx, accountId)) {
      // who never came from there keeps what they were given here
      if (!linked.has(userId) && source !== 'sso') continue
      if (await standing.stop(tx, accountId, userId, reason)) await signIn.endAll(tx, userId, reason.words)
    }
  }

  /** Payloads of grants are partial, and some are empty: what is true now is read from Zitadel by the worker. */
  const compare = async (tx: Tx, accountIds: readonly string[], type: string): Promise<Outcome> => {
    for (const accountId of accountIds) await feedRepository(tx).reconcileSoon(accountId, now(), type)
    return accountIds.length > 0 ? 'compare' : 'unknown'
  }

  return async (tx: Tx, event: ZitadelEvent): Promise<Outcome> => {
    const { type } = event
    const family = [userStateTypes, organizationStateTypes].find((types) => types.has(type))
    if (family && (await feedRepository(tx).isOvertaken(event, [...family.keys()]))) return 'overtaken'
    if (userStateTypes.has(type))
      return userStateTypes.get(type) === 'stopped' ? userStopped(tx, event) : userBack(tx, event)
    if (organizationStateTypes.has(type)) return organization(tx, event)
    if (isAuthorizationType(type)) {
      const found = await settingsRepository(tx).accountOfOrganization(event.resourceOwner)
      return compare(tx, found ? [found.accountId] : [], type)
    }
    if (isProjectType(type)) return compare(tx, await settingsRepository(tx).enabledAccounts(event.aggregateId), type)
    return 'told'
  }
}
export type Effects = ReturnType<typeof createEffects>
