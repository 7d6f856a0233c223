import { systemCtx, type Tx } from '../../platform/index.ts'
import { type Deps, inAccount } from './deps.ts'
import { feedRepository } from './feed-repository.ts'
import { authorizationTypes, holdersIn, roleOfKeys } from './model.ts'
import type { Authorization, Member, ZitadelApi } from './port.ts'
import { settingsRepository } from './settings-repository.ts'
import type { Standing } from './standing.ts'

const againMs = 3_000
const none: ReadonlySet<string> = new Set()

/** A list leaves out what is not visible yet, or not to Cockpit; that somebody was removed stays told for ever. */
const isRemoved = async (api: ZitadelApi, userId: string) =>
  (await api.history({ aggregateId: userId })).some(({ type }) => type === 'user.removed')

/**
 * Compares the memberships of an account with what Zitadel says now. It changes only what came from there: memberships
 * made by sign-in follow their role keys, and everybody who may not sign in there is stopped here.
 */
export const createReconcile = (deps: Deps, standing: Standing) => {
  const { db, now, members, signIn, log } = deps
  const platform = systemCtx('zitadel')

  const compare = async (api: ZitadelApi, accountId: string, type: string) => {
    const known = await inAccount(deps, platform, accountId, async (tx) => ({
      config: await settingsRepository(tx).config(accountId),
      subjects: await subjectsOf(tx, accountId),
    }))
    const { projectId, organizationId, enabled, roleMappings } = known.config
    if (!enabled || !projectId || !organizationId || known.subjects.size === 0) return
    const [organization, authorizations, users] = await Promise.all([
      api.organization(organizationId),
      api.authorizations({ projectId, organizationId }),
      api.usersById([...known.subjects.values()]),
    ])
    // a list is empty for who may not read it, too; that an organization was removed is told by its event
    if (!organization)
      return log.warn({ accountId, organizationId }, 'Zitadel does not show the organization of an account')
    const held = new Map(authorizations.map((one) => [one.userId, one]))
    const states = new Map<string, string>(users.map((user) => [user.id, user.state]))
    const subjects = [...known.subjects.values()]
    for (const id of subjects.filter((one) => !states.has(one)))
      states.set(id, (await isRemoved(api, id)) ? 'gone' : 'unknown')
    const hidden = subjects.every((id) => held.has(id))
      ? none
      : holdersIn(await api.history({ organizationId, types: authorizationTypes }), projectId)
    const unseen = subjects.filter((id) => !held.has(id) && hidden.has(id))
    if (unseen.length > 0)
      log.warn(
        { accountId, organizationId, people: unseen.length },
        'Zitadel does not list authorizations that its events tell of: has the token of Cockpit lost user.grant.read?',
      )
    await inAccount(deps, platform, accountId, async (tx) => {
      for (const member of await members.all(tx, accountId)) {
        const subject = known.subjects.get(member.userId)
        if (subject === undefined) continue
        await followState(tx, accountId, member, { state: states.get(subject), type })
        if (member.source === 'sso' && !unseen.includes(subject))
          await followKeys(tx, accountId, member, { authorization: held.get(subject), roleMappings, type })
      }
    })
  }

  /** Members who are somebody in Zitadel. */
  const subjectsOf = async (tx: Tx, accountId: string): Promise<Map<string, string>> => {
    const everybody = (await members.all(tx, accountId)).map(({ userId }) => userId)
    const links = (await settingsRepository(tx).links(accountId)).map(
      (link) => [link.userId, link.zitadelUserId] as const,
    )
    return new Map([...(await signIn.subjectsOf(tx, everybody)), ...links])
  }

  type State = { state: string | undefined; type: string }
  const followState = async (tx: Tx, accountId: string, { userId }: Member, { state, type }: State) => {
    const words = `Zitadel: the person is ${state} there`
    const reason = { cause: 'user', type, words } as const
    // who is not shown is neither stopped nor brought back
    if (state === undefined || state === 'unknown') return
    if (state === 'active' || state === 'initial') return standing.restore(tx, accountId, userId, reason)
    if (await standing.stop(tx, accountId, userId, reason)) await signIn.endAll(tx, userId, words)
  }

  type Keys = { authorization: Authorization | undefined; roleMappings: Record<string, string>; type: string }
  const followKeys = async (tx: Tx, accountId: string, member: Member, { authorization, roleMappings, type }: Keys) => {
    const { userId, name, role } = member
    const active = authorization?.active && authorization.roleKeys.length > 0 ? authorization : null
    const reason = { cause: 'authorization', type, words: 'Zitadel: the authorization is gone' } as const
    if (!active) return standing.stop(tx, accountId, userId, reason)
    await standing.restore(tx, accountId, userId, { ...reason, words: 'Zitadel: the authorization is back' })
    const next = roleOfKeys(active.roleKeys, roleMappings)
    if (next === null || next === role || !(await members.follow(tx, accountId, userId, { role: next }))) return
    await tx.emit('user.updated', {
      subject: { type: 'user', id: userId, name },
      before: { role },
      after: { role: next, by: 'zitadel' },
      accountId,
      reason: `Zitadel: ${type}`,
    })
  }

  return {
    /** Does one comparison that is due; false when none is. */
    async next(): Promise<boolean> {
      const { api } = deps
      if (!api) return false
      const again = new Date(now().getTime() + againMs)
      const due = await db.platform(platform, (tx) => feedRepository(tx).takeDue(now(), again))
      if (!due) return false
      try {
        await compare(api, due.accountId, due.reason)
      } catch (error) {
        log.warn({ err: error, accountId: due.accountId }, 'memberships not compared with Zitadel; tried again soon')
        // another minute: whatever is wrong there is seldom over at once
        const later = new Date(now().getTime() + 60_000)
        await db.platform(platform, (tx) => feedRepository(tx).reconcileSoon(due.accountId, later, due.reason))
      }
      return true
    },
    nextDue: () => db.platform(platform, (tx) => feedRepository(tx).nextDue()),
    /** Webhooks and polls can both miss something: once in a while everything is compared. */
    everything: () =>
      db.platform(platform, async (tx) => {
        for (const accountId of await settingsRepository(tx).enabledAccounts())
          await feedRepository(tx).reconcileSoon(accountId, now(), 'regular comparison')
      }),
  }
}
export type Reconcile = ReturnType<typeof createReconcile>
