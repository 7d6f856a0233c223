/** Streams without an end, and whoever may no longer read them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAccount, signIn, type TestAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

/** A second admin of an account, who follows its calls. */
const follower = async () => {
  const acme = await openAccount(cockpit)
  const email = `grace-${acme.tag}@example.com`
  const body = { email, name: 'Grace', role: 'account_admin' as const, password: 'correct horse battery staple' }
  const grace = await acme.api.users.create({ body })
  const headers = await signIn(cockpit, email)
  const answer = await fetch(`${cockpit.url}/v1/usage/live`, { headers })
  expect(answer.status).toBe(200)
  const from = performance.now()
  const ended = answer.text().then((text) => ({ text, afterMs: performance.now() - from }))
  return { acme, grace, headers, ended }
}
type Follower = Awaited<ReturnType<typeof follower>>

const ways: [string, (at: Follower) => Promise<unknown>, string | null][] = [
  ['is suspended', ({ acme, grace }) => patch(acme, grace.id, { status: 'suspended' }), 'auth.required'],
  ['is removed', ({ acme, grace }) => acme.api.users.remove({ params: { id: grace.id } }), 'auth.required'],
  ['signs out', ({ headers }) => cockpit.send('DELETE /v1/sessions/current', { headers }), 'auth.required'],
  // what is left of the right is read by asking anew
  ['is an end user now', ({ acme, grace }) => patch(acme, grace.id, { role: 'end_user' }), null],
]
test.concurrent.each(ways)(
  'the calls of an account are followed no longer by whoever %s',
  async (_name, lose, code) => {
    const at = await follower()
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(await Promise.race([at.ended, 'open'])).toBe('open')
    const from = performance.now()
    await lose(at)
    const { text } = await at.ended
    expect(performance.now() - from).toBeLessThan(6_000)
    if (code) expect(text.trim().split('\n').at(-1)).toContain(`"type":"${code}"`)
    else expect(text).not.toContain('event: error')
  },
)

test('a session that only follows calls is not in use by that, and ends when nobody uses it', async () => {
  const { headers, ended } = await follower()
  const idOf = async () => JSON.parse((await cockpit.send('GET /v1/sessions', { headers })).text).items[0].id
  const id = await idOf()
  const before = new Date(Date.now() - 10 * 60_000)
  await cockpit.database.query('update sessions set last_seen_at = $2 where id = $1', [id, before])
  // long enough that the server has asked again whether they may still read
  await new Promise((resolve) => setTimeout(resolve, 4_500))
  expect(await Promise.race([ended, 'open'])).toBe('open')
  const [row] = await cockpit.database.query('select last_seen_at from sessions where id = $1', [id])
  expect(row?.last_seen_at).toEqual(before)
  await cockpit.database.query("update sessions set last_seen_at = now() - interval '13 hours' where id = $1", [id])
  expect((await ended).text).toContain('"type":"auth.required"')
})

const patch = (acme: TestAccount, id: string, body: object) => acme.api.users.update({ params: { id }, body })
