/** Whoever was invited and comes in by a provider has accepted by that. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sender } from '../scim/source.ts'
import { password } from '../support/account.ts'
import { openStage, type Stage, subject } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.stop())

type Account = Awaited<ReturnType<Stage['accountWithProvider']>>
const invite = async ({ api }: Account, email: string, role: 'member' | 'account_admin' | 'copilot_admin') => {
  const team = await api.teams.create({ body: { name: `Team of ${email}`, domain: 'copilot' } })
  const { items } = await api.invites.create({ body: { emails: [email], role, teamIds: [team.id] } })
  const token = new URL(items[0]?.link ?? '').hash.slice(1)
  return { token, id: items[0]?.id, team: team.id }
}
const statusOf = async ({ api }: Account, invitationId: string | undefined) =>
  (await api.invites.list()).items.find(({ id }) => id === invitationId)?.status
const comeIn = async (acme: Account, email: string, sub = subject()) => {
  stage.own.person({ sub, email, name: 'Ada' })
  const browser = stage.browser()
  await stage.signIn(browser, sub, { accountId: acme.id })
  return { sub, browser, me: (await stage.context(browser)).body }
}

test('by the account’s own provider: with its role and teams, which the provider takes back from nobody', async () => {
  const acme = await stage.accountWithProvider()
  const email = `ada@${acme.domain}`
  const { id, token, team } = await invite(acme, email, 'copilot_admin')
  const { sub, me } = await comeIn(acme, email)
  expect(me).toMatchObject({ accountId: acme.id, principal: { email } })
  expect(await statusOf(acme, id)).toBe('accepted')
  const user = () => acme.api.users.get({ params: { id: me.principal.id } })
  expect(await user()).toMatchObject({ role: 'copilot_admin', teams: [{ id: team }] })
  const { items } = await acme.api.audit.list({ query: { name: 'invite.accepted' } })
  expect(items).toMatchObject([{ subject: { id }, actor: { kind: 'user', id: me.principal.id } }])
  const look = await stage.cockpit.send('POST /v1/invitations/look', { body: { token } })
  expect(JSON.parse(look.text).type, 'the link is used').toBe('invite.invalid')
  expect((await comeIn(acme, email, sub)).me.roles).toEqual(['copilot_admin'])
  expect(await user()).toMatchObject({ role: 'copilot_admin', teams: [{ id: team }] })
})

test('only what it was for: not the invitation of another account, nor of another person', async () => {
  const [acme, globex] = [await stage.accountWithProvider(), await stage.accountWithProvider()]
  const email = `ada@${acme.domain}`
  const [elsewhere, another] = [
    await invite(globex, email, 'member'),
    await invite(acme, `bob@${acme.domain}`, 'member'),
  ]
  await comeIn(acme, email)
  expect(await statusOf(globex, elsewhere.id)).toBe('pending')
  expect(await statusOf(acme, another.id)).toBe('pending')
})

test('nobody whom others here only call like the one who was invited', async () => {
  const acme = await stage.accountWithProvider()
  const { sub, me } = await comeIn(acme, `mallory@${acme.domain}`)
  const email = `boss@${acme.domain}`
  const { id } = await invite(acme, email, 'account_admin')
  const { secret } = await acme.api.scim.createToken({ body: { name: 'Entra' } })
  const source = sender(stage.cockpit, secret)
  const { id: taken } = await source.person(`mallory@${acme.domain}`)
  expect(taken).toBe(me.principal.id)
  expect((await source.patch(`/Users/${taken}`, { op: 'replace', path: 'userName', value: email })).status).toBe(200)
  const came = await comeIn(acme, `mallory@${acme.domain}`, sub)
  expect(came.me).toMatchObject({ principal: { id: taken, email }, roles: ['end_user'] })
  expect(await statusOf(acme, id)).toBe('pending')
})

test('never more than the provider is believed about: they are in, and the link stays theirs to use', async () => {
  const acme = await stage.accountWithProvider()
  await stage.cockpit.database.query(`update sso_configs set written_with = '{}' where account_id = $1`, [acme.id])
  const email = `ada@${acme.domain}`
  const { id } = await invite(acme, email, 'account_admin')
  const { me, browser } = await comeIn(acme, email)
  expect(me.roles).toEqual(['end_user'])
  expect((await stage.context(browser)).status).toBe(200)
  expect(await statusOf(acme, id)).toBe('pending')
})

test('never more than whoever invited them may give by then', async () => {
  const acme = await stage.accountWithProvider()
  const boss = `boss@${acme.domain}`
  const { id: bossId } = await acme.api.users.create({
    body: { email: boss, name: 'Bo', role: 'account_admin', password },
  })
  const email = `ada@${acme.domain}`
  const { id } = await invite(acme, email, 'account_admin')
  await stage.cockpit.database.query(`update invites set inviter_kind = 'user', inviter_id = $2 where id = $1`, [
    id,
    bossId,
  ])
  await acme.api.users.update({ params: { id: bossId }, body: { role: 'member' } })
  expect((await comeIn(acme, email)).me.roles).toEqual(['end_user'])
  expect(await statusOf(acme, id)).toBe('pending')
})

test('whoever is in by now uses the link for what it gives beside', async () => {
  const acme = await stage.accountWithProvider()
  await stage.cockpit.database.query(`update sso_configs set written_with = '{}' where account_id = $1`, [acme.id])
  const email = `ada@${acme.domain}`
  const { token, id, team } = await invite(acme, email, 'account_admin')
  const { browser, me } = await comeIn(acme, email)
  const joined = await stage.post(browser, '/v1/invitations/join', { token })
  expect(joined.status).toBe(201)
  expect(await statusOf(acme, id)).toBe('accepted')
  const user = await acme.api.users.get({ params: { id: me.principal.id } })
  expect(user).toMatchObject({ role: 'account_admin', source: 'manual', teams: [{ id: team }] })
})

test('nobody by the installation’s provider whose organisation only calls them like that', async () => {
  const [acme, globex] = [await stage.account(), await stage.account()]
  const email = `boss@${acme.tag}.example.com`
  const { items } = await acme.api.invites.create({ body: { emails: [email], role: 'account_admin', teamIds: [] } })
  const sub = subject()
  // somebody of another organisation, whom Acme has given a role at the provider
  stage.zitadel.person({
    sub,
    email,
    name: 'Mallory',
    org: { id: globex.org, name: 'Globex', domain: 'globex.example' },
    roles: { end_user: { [acme.org]: 'acme.example' } },
  })
  const browser = stage.browser()
  await stage.signIn(browser, sub)
  const { body: me } = await stage.context(browser, acme.id)
  expect(me).toMatchObject({ accountId: acme.id, principal: { email } })
  expect(me.roles).toEqual(['end_user'])
  expect((await acme.api.invites.list()).items.find(({ id }) => id === items[0]?.id)?.status).toBe('pending')
})
