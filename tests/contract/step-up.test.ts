/** Which acts ask a browser for a fresh proof. Whoever adds a dangerous one decides here, and gives a reason for none. */
import { contract } from '@cockpit/contract'
import type { Route } from '@cockpit/contract/kit'
import { type Permission, permissionFacts } from '@cockpit/contract/permissions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAccount, password, signIn, type TestAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'

let cockpit: TestCockpit
let acme: TestAccount
beforeAll(async () => {
  cockpit = await startCockpit()
  acme = await openAccount(cockpit)
})
afterAll(() => cockpit?.stop())

const routes: (readonly [string, Route])[] = Object.entries(contract).flatMap(([noun, own]) =>
  Object.entries(own).map(([name, route]) => [`${noun}.${name}`, route] as const),
)
const isWrite = ({ method, changesNothing }: Route) => method !== 'GET' && !changesNothing
const risky = ({ permission }: Route) =>
  permission in permissionFacts && permissionFacts[permission as Permission].risk === 'high'

/** Acts that could cost much and go without a fresh proof, and why. */
const without: Readonly<Record<string, string>> = {
  'breakGlass.end': 'ends the way in for an emergency, and must not wait',
  'breakGlass.acknowledge': 'says that one has read',
  'accounts.create': 'makes a place without anybody in it',
  'orgs.create': 'orders people and gives no rights',
  'orgs.update': 'orders people and gives no rights',
  'orgs.remove': 'orders people and gives no rights',
  'orgs.bulk': 'orders people and gives no rights',
  'teams.create': 'orders people and gives no rights',
  'teams.update': 'orders people and gives no rights',
  'teams.remove': 'orders people and gives no rights',
  'teams.bulk': 'orders people and gives no rights',
  'teamMembers.add': 'orders people and gives no rights',
  'teamMembers.removeSome': 'orders people and gives no rights',
  'teamMembers.remove': 'orders people and gives no rights',
  'directoryPolicy.set': 'says what may be changed by hand, and each such change asks',
  'invites.revoke': 'takes away what nobody has used',
  'serviceAccounts.create': 'has no way in before its credentials, which ask',
  'serviceAccounts.update': 'gives no rights',
  'serviceAccounts.remove': 'stops a program, and a leak must be stopped at once',
  'clientCredentials.revoke': 'stops a program, and a leak must be stopped at once',
  'providers.create': 'nothing goes there before a model is made for it',
  'providers.test': 'sends what it is configured to send',
  'providers.probe': 'sends what the sender gave it',
  'providers.remove': 'is refused while models use it',
  'mcpServers.check': 'asks the server what it has',
  'mcpServers.setTools': 'is everyday work, and can be undone',
  'mcpServers.remove': 'stops calls, and gives no rights',
  'models.create': 'is everyday work',
  'models.update': 'is everyday work',
  'models.remove': 'is everyday work',
  'models.setPrice': 'is everyday work, from now on only',
  'models.setEligibility': 'is everyday work, and can be undone',
  'routing.set': 'is everyday work, and can be undone',
  'budgets.setPlan': 'spends what the account was granted, which asks',
  'budgets.renew': 'spends what the account was granted, which asks',
  'budgets.allocate': 'spends what the account was granted, which asks',
  'budgets.removeAllocation': 'spends what the account was granted, which asks',
  'budgets.distribute': 'spends what the account was granted, which asks',
  'limits.create': 'is everyday work, and can be undone',
  'limits.update': 'is everyday work, and can be undone',
  'limits.remove': 'is everyday work, and can be undone',
  'guardrails.create': 'is everyday work, and can be undone',
  'guardrails.update': 'is everyday work, and can be undone',
  'guardrails.remove': 'is everyday work, and can be undone',
  'guardrailServices.remove': 'is refused while a guardrail asks it, and can be undone',
  'guardrailServices.check': 'sends the text that is given, and nothing else',
  'stored.cancelBatch': 'ends spending, and must be possible at once',
  'audit.createHold': 'keeps more than before',
  'exporters.test': 'sends a made-up record to where it is configured to',
  'mail.test': 'writes to the one who asks, by the server that is set up',
  'mail.retry': 'sends what was to be sent, to whom it was for',
  'userSessions.end': 'ends one session, and a theft must be stopped at once',
  'signInFailures.unlock': 'lets somebody try again with what only they know',
  'roleRequests.refuse': 'gives nothing',
  'sso.test': 'asks the provider and changes nothing',
  'sso.addDomain': 'is a claim, and its proof asks',
  'scim.previewRules': 'shows what would happen, and undoes it',
  'zitadel.poll': 'reads',
}

describe('acts that could cost much', () => {
  test('ask for a fresh proof or say why they do not', () => {
    const undecided = routes
      .filter(([name, route]) => isWrite(route) && risky(route) && !route.stepUp && !(name in without))
      .map(([name]) => name)
    expect(undecided).toEqual([])
  })

  test('that say why they do not ask are acts, and do not ask', () => {
    const known = new Map(routes)
    const stale = Object.keys(without).filter((name) => {
      const route = known.get(name)
      return !route || !isWrite(route) || route.stepUp
    })
    expect(stale).toEqual([])
  })
})

describe('a browser session that proved itself long ago', () => {
  test('is asked by every such act before anything else is looked at', async () => {
    const email = `root-${acme.tag}@example.com`
    const { id } = await cockpit
      .as()
      .platformPeople.add({ body: { email, name: 'Root', role: 'super_admin', password } })
    const session = { ...(await signIn(cockpit, email)), 'x-account-id': acme.id }
    const age = "update sessions set authenticated_at = now() - interval '16 minutes' where user_id = $1"
    await cockpit.database.query(age, [id])
    const asking = routes.filter(([, { stepUp }]) => stepUp === true)
    expect(asking.length).toBeGreaterThan(60)
    for (const [name, route] of asking) {
      const path = route.path.replace(/\{[^}]+\}/g, 'x_0')
      const { status, text } = await cockpit.send(`${route.method} ${path}`, { headers: session, body: {} })
      expect([name, status, JSON.parse(text).type]).toEqual([name, 401, 'auth.step_up_required'])
    }
  })

  test('issues and rotates keys of its own, and those of others only with a proof', async () => {
    const session = await signIn(cockpit, acme.email)
    const send = async (line: string, body: object) => {
      const { status, text } = await cockpit.send(line, { headers: session, body })
      return { status, body: JSON.parse(text) }
    }
    const bot = await acme.api.serviceAccounts.create({ body: { name: 'Bot' } })
    const ofBot = { name: 'Of the bot', owner: { kind: 'service_account', id: bot.id } }
    const issued = await send('POST /v1/keys', ofBot)
    expect(issued.status).toBe(201)
    const age = "update sessions set authenticated_at = now() - interval '16 minutes' where user_id = $1"
    await cockpit.database.query(age, [acme.admin.id])
    const own = await send('POST /v1/keys', { name: 'Mine' })
    expect(own.status).toBe(201)
    expect((await send(`POST /v1/keys/${own.body.id}/rotate`, {})).status).toBe(200)
    for (const [line, body] of [
      ['POST /v1/keys', ofBot],
      [`POST /v1/keys/${issued.body.id}/rotate`, {}],
    ] as const)
      expect([line, (await send(line, body)).body.type]).toEqual([line, 'auth.step_up_required'])
    expect((await acme.api.keys.list({ query: { ownerId: bot.id } })).items).toHaveLength(1)
  })
})
