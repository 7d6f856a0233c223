/** What stood before anybody was asked to answer for it is trusted no further than is known. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAccount, password, signIn } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

/** The database as it was, brought up to date again. */
const upgrade = async () => {
  const { query } = cockpit.database
  await query('alter table scim_tokens drop column vouched_at, drop column vouched_name, drop column vouched_with')
  const file = new URL('../../db/migrations/0150_scim_tokens_vouched_since.sql', import.meta.url)
  await query(await readFile(file, 'utf8'))
}

test('a token stands on the word of whoever the story says gave it its secret, and a provider on that of a super admin', async () => {
  const [acme, globex, initech] = [await openAccount(cockpit), await openAccount(cockpit), await openAccount(cockpit)]
  const email = `p${randomBytes(5).toString('hex')}@example.com`
  const { id } = await acme.api.users.create({ body: { email, name: 'Ada', role: 'account_admin', password } })
  const [kept, forgotten] = [
    await acme.api.scim.createToken({ body: { name: 'Kept' } }),
    await acme.api.scim.createToken({ body: { name: 'Forgotten' } }),
  ]
  const headers = await signIn(cockpit, email)
  const rotated = await cockpit.send(`POST /v1/scim/tokens/${kept.id}/rotate`, { headers, body: {} })
  expect(rotated.status).toBe(200)
  // before, the maker answered for whatever became of it, and everybody's settings were believed about everybody
  const { query } = cockpit.database
  await query(`update scim_tokens set vouched_kind = 'master_key', vouched_by = 'master_key'`)
  await query(`delete from events where subject ->> 'id' = $1`, [forgotten.id])
  const provider = { issuer: 'https://id.example.com', clientId: 'c' }
  expect((await cockpit.send('POST /v1/sso', { headers, body: provider })).status).toBe(200)
  await query('update sso_configs set written_with = null where account_id = $1', [acme.id])
  await globex.api.sso.set({ body: provider })
  await initech.api.sso.set({ body: provider })
  await query(`delete from events where account_id = $1 and name = 'sso.updated'`, [initech.id])

  await upgrade()

  const { items } = await acme.api.scim.tokens({ query: {} })
  const word = (of: string) => items.find((one) => one.id === of)?.vouching
  expect(word(kept.id)).toMatchObject({ by: { kind: 'user', id, name: 'Ada' }, standing: 'full' })
  expect(word(forgotten.id)).toMatchObject({ by: null, standing: 'unknown' })
  const members = ['team_admin', 'member', 'end_user']
  expect(word(forgotten.id)?.roles).toEqual(members)
  expect((await acme.api.sso.get()).believedAbout, 'an admin, whatever they might do then').toEqual(members)
  expect((await initech.api.sso.get()).believedAbout, 'nobody known').toEqual(members)
  expect((await globex.api.sso.get()).believedAbout, 'a super admin').toContain('owner')
})
