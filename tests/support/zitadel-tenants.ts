/** Accounts that are provisioned in the Zitadel of a stage, each with a project, an organization and an admin of its own. */
import { randomBytes } from 'node:crypto'
import { describe } from 'vitest'
import { eventsOf } from '../../apps/server/src/platform/testing.ts'
import { eventually, password } from './account.ts'
import { startCockpit } from './cockpit.ts'
import { fakeStage, liveName, liveStage, type Stage } from './zitadel-stage.ts'

export type Tenants = Awaited<ReturnType<typeof openTenants>>
export type StagedTenant = Awaited<ReturnType<Tenants['tenant']>>

/** What Zitadel says when it is asked comes when it comes. */
export const soon = <T>(attempt: () => Promise<T>) => eventually(attempt, 30_000)

/** The same promises against the fake and, where the environment names one, against a living instance. */
export const onEveryStage = (name: string, promises: (start: () => Promise<Stage>) => void) => {
  describe(`${name}, against the fake,`, () => promises(fakeStage))
  describe.skipIf(!liveStage)(`${name}, against ${liveName},`, () => promises(liveStage ?? fakeStage))
}

const changes = [
  ...['added', 'changed', 'removed'].flatMap((what) => [`project.role.${what}`, `project.grant.${what}`]),
  ...['added', 'changed', 'removed'].map((what) => `user.grant.${what}`),
]

export const openTenants = async (stage: Stage) => {
  const cockpit = await startCockpit(stage.environment)
  const platform = cockpit.as()
  const { client } = stage
  const from = new Date(Date.now() - 10 * 60_000)

  /** An account with one admin, and its organization with the same person in Zitadel, whose e-mail is written otherwise. */
  const tenant = async ({ configured = true, known = true }: { configured?: boolean; known?: boolean } = {}) => {
    const tag = randomBytes(4).toString('hex')
    const [projectId, organizationId] = [await stage.makeProject(), await stage.makeOrganization()]
    const place = { projectId, organizationId }
    const email = `ada-${tag}@acme.example.com`
    const body = { name: `Acme ${tag}`, adminEmail: email, adminName: 'Ada', adminPassword: password }
    const { id } = await platform.accounts.create({ body })
    const params = { id }
    const hire = (name: string, more: { id?: string; email?: string } = {}) =>
      stage.hire(name, { at: organizationId, ...more })
    const zitadelUserId = known ? (await hire('Ada', { email: email.replace('ada', 'Ada') })).id : ''
    await soon(async () => {
      const there = [await client.project(projectId), await client.organization(organizationId)]
      const people = known ? (await client.usersByEmail([email])).length : 1
      if (there.includes(null) || people === 0) throw new Error('not visible yet')
    })
    if (configured) await platform.zitadel.setConfig({ params, body: place })
    return {
      ...{ id, tag, email, params, place, ...place, zitadelUserId, hire },
      api: cockpit.as(id),
      bootstrap: (asked: object = {}) => platform.zitadel.bootstrap({ params, body: asked }),
      keysOf: async (userId: string): Promise<readonly string[]> =>
        (await client.authorizations(place)).find((one) => one.userId === userId)?.roleKeys.toSorted() ?? [],
      roleKeys: async () => (await client.roles(projectId)).map(({ key }) => key).toSorted(),
      /** How much was changed there about its project, in its organization. */
      changed: async () =>
        (await client.events(from, changes, 1_000)).filter(
          ({ aggregateId, resourceOwner }) => aggregateId === projectId || resourceOwner === organizationId,
        ).length,
    }
  }
  return {
    ...{ stage, cockpit, platform, tenant },
    /** Events of an account, oldest first. */
    told: (accountId: string) => eventsOf(cockpit.database, accountId),
    async stop() {
      await cockpit.stop()
      await stage.stop()
    },
  }
}
