import type { AccountRole } from '@cockpit/contract/kit'
import type { ScimRule, ScimRulesEffect } from '@cockpit/contract/scim'
import { Problem, type Tx } from '../../platform/index.ts'
import { givenTo } from './model.ts'
import type { SyncDirectory } from './port.ts'
import { scimGroupRepository } from './protocol/groups-repository.ts'
import { ruleRepository } from './rules-repository.ts'

/** One statement looks up that many people. */
const atOnce = 500
const rolesShownMax = 200

/** Gives people what the rules make of their groups, and takes what they gave before and do not give any more. */
export const createApply = ({ directory }: { directory: SyncDirectory }) => {
  const wantedOf = async (tx: Tx, userIds: readonly string[], rules: readonly ScimRule[]) => {
    const groups = await scimGroupRepository(tx).groupsOf(userIds)
    return new Map([...groups].map(([id, names]) => [id, givenTo(names, rules)]))
  }

  const toSome = async (tx: Tx, userIds: readonly string[], rules: readonly ScimRule[], roles: boolean) => {
    const effect: Effect = { joins: 0, leaves: 0, teams: new Set(), roles: [] }
    const teams = new Map<string, readonly string[]>()
    for (const [id, given] of await wantedOf(tx, userIds, rules)) {
      for (const { orgId, name } of given.newTeams) {
        const existing = await directory.findTeamIn(tx, orgId, name)
        if (!existing) effect.teams.add(name)
        given.teamIds.add(existing ?? (await directory.teamIn(tx, orgId, name)))
      }
      teams.set(id, [...given.teamIds])
      const changed = roles ? await setRole(tx, id, given.role) : null
      if (changed) effect.roles.push(changed)
    }
    const { joins, leaves } = await directory.setTeams(tx, 'scim', teams)
    return { ...effect, joins, leaves }
  }

  /** The last admin stays one: a source must not leave an account without anybody who can put it in order. */
  const setRole = async (tx: Tx, id: string, role: AccountRole) => {
    const person = await directory.read(tx, id)
    if (person.role === role) return null
    try {
      await directory.change(tx, 'scim', id, { role })
      return { userId: id, name: person.name, before: person.role, after: role }
    } catch (error) {
      if (error instanceof Problem && error.code === 'user.last_admin') return null
      throw error
    }
  }

  const withRules = async (
    tx: Tx,
    userIds: readonly string[],
    rules: readonly ScimRule[],
    before: readonly ScimRule[] = rules,
  ): Promise<ScimRulesEffect> => {
    // where no rule says anything about roles, and none did, they are as people gave them
    const roles = [...rules, ...before].some(({ gives }) => gives.kind === 'role')
    const sum = { joins: 0, leaves: 0, teams: new Set<string>(), roles: [] as Effect['roles'] }
    for (let at = 0; at < userIds.length; at += atOnce) {
      const effect = await toSome(tx, userIds.slice(at, at + atOnce), rules, roles)
      sum.joins += effect.joins
      sum.leaves += effect.leaves
      for (const team of effect.teams) sum.teams.add(team)
      sum.roles.push(...effect.roles)
    }
    return {
      people: userIds.length,
      joins: sum.joins,
      leaves: sum.leaves,
      teams: [...sum.teams].sort(),
      roles: sum.roles.slice(0, rolesShownMax),
    }
  }

  return {
    withRules,
    async toPeople(tx: Tx, userIds: readonly string[]) {
      if (userIds.length > 0) await withRules(tx, userIds, await ruleRepository(tx).list())
    },
  }
}
export type Apply = ReturnType<typeof createApply>

type Effect = {
  joins: number
  leaves: number
  teams: Set<string>
  roles: { userId: string; name: string; before: string; after: string }[]
}
