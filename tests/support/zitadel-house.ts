/** A Cockpit beside a Zitadel: the platform's organization owns the project, and each account has one of its own. */
import { randomBytes } from 'node:crypto'
import { eventsOf } from '../../apps/server/src/platform/testing.ts'
import { password } from './account.ts'
import { startCockpit } from './cockpit.ts'
import { startZitadelFake } from './zitadel-fake/index.ts'

export const signingKey = 'whk_0123456789abcdef'

export type House = Awaited<ReturnType<typeof openHouse>>
export type Tenant = Awaited<ReturnType<House['tenant']>>

export const openHouse = async (options: { lagMs?: number; environment?: Record<string, string> } = {}) => {
  const fake = await startZitadelFake({ lagMs: options.lagMs ?? 150 })
  const ownerId = fake.addOrg('Platform')
  const projectId = fake.addProject(ownerId, 'cockpit')
  const cockpit = await startCockpit({
    ZITADEL_MGMT_API_BASE_URL: fake.url,
    ZITADEL_MGMT_API_TOKEN: fake.token,
    ZITADEL_WEBHOOK_SECRET: signingKey,
    ...options.environment,
  })
  const platform = cockpit.as()
  return {
    fake,
    cockpit,
    platform,
    ownerId,
    projectId,
    /** An account with one admin, and its organization with the same person in Zitadel. */
    async tenant({ configured = true, known = true }: { configured?: boolean; known?: boolean } = {}) {
      const tag = randomBytes(4).toString('hex')
      const email = `ada-${tag}@example.com`
      const account = await platform.accounts.create({
        body: { name: `Acme ${tag}`, adminEmail: email, adminName: 'Ada', adminPassword: password },
      })
      const organizationId = fake.addOrg(`Acme ${tag}`)
      const zitadelUserId = known ? fake.addUser(organizationId, email.toUpperCase()) : ''
      fake.settle()
      const params = { id: account.id }
      if (configured) await platform.zitadel.setConfig({ params, body: { projectId, organizationId } })
      const api = cockpit.as(account.id)
      const admin = (await api.users.list()).items[0]
      if (!admin) throw new Error('a new account has its first admin')
      const keysOf = (userId: string) =>
        [...fake.world().userGrants.values()].find((one) => one.userId === userId && one.orgId === organizationId)
          ?.roleKeys
      return { id: account.id, tag, email, params, organizationId, zitadelUserId, adminId: admin.id, api, keysOf }
    },
    /** Events of an account, oldest first. */
    told: (accountId: string) => eventsOf(cockpit.database, accountId),
    async stop() {
      await cockpit.stop()
      await fake.stop()
    },
  }
}
