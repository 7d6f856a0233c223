import { afterAll, describe, expect, test } from 'vitest'
import { eventsOf, freshDatabase, type TestDatabase } from '../../platform/testing.ts'
import { openHouse } from './testing.ts'

const opened: TestDatabase[] = []
const untouched = async () => {
  const database = await freshDatabase()
  opened.push(database)
  const house = openHouse(database)
  return { ...house, database, code: String(await house.identity.openSetup()) }
}
afterAll(() => Promise.all(opened.map((database) => database.close())))

const ada = { email: 'Ada@Example.com', name: 'Ada', password: 'correct horse battery' }

describe('set-up', () => {
  test('whoever has the code becomes the super admin, once, and is signed in', async () => {
    const { browser, database, code, identity } = await untouched()
    expect(code).toMatch(/^[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}$/)
    const chrome = browser()
    expect((await chrome.send('GET /v1/setup')).body).toEqual({ needed: true })
    const done = await chrome.send('POST /v1/setup', { ...ada, code: code.toLowerCase().replace('-', '') })
    expect(done).toMatchObject({ status: 201, body: { isSuperAdmin: true, accountId: null, roles: ['super_admin'] } })
    expect((await chrome.send('GET /v1/me/context')).body).toMatchObject({ principal: { email: 'ada@example.com' } })
    expect(await eventsOf(database, 'platform')).toEqual(['user.created', 'session.created'])
    expect((await chrome.send('GET /v1/setup')).body).toEqual({ needed: false })
    const again = await browser().send('POST /v1/setup', { ...ada, email: 'eve@example.com', code })
    expect(again).toMatchObject({ status: 409, body: { type: 'setup.done' } })
    expect(await identity.openSetup()).toBeNull()
  })

  test('the code is stored as a hash only', async () => {
    const { database, code } = await untouched()
    const [row] = await database.query('select code_hash from setup_codes')
    expect(JSON.stringify(row)).not.toContain(code)
    expect(JSON.stringify(row)).not.toContain(code.replace('-', ''))
  })

  test('a new start makes the code before worthless', async () => {
    const { browser, code, identity } = await untouched()
    const next = await identity.openSetup()
    expect((await browser().send('POST /v1/setup', { ...ada, code })).body.type).toBe('setup.code_wrong')
    expect((await browser().send('POST /v1/setup', { ...ada, code: next })).status).toBe(201)
  })

  test('ten wrong codes from one address, and also the right one is refused there', async () => {
    const { browser, code } = await untouched()
    const eve = browser()
    for (let i = 0; i < 10; i++)
      expect((await eve.send('POST /v1/setup', { ...ada, code: 'AAAA-AAAA' })).body.type).toBe('setup.code_wrong')
    expect(await eve.send('POST /v1/setup', { ...ada, code })).toMatchObject({
      status: 429,
      body: { type: 'auth.locked' },
    })
    expect((await browser().send('POST /v1/setup', { ...ada, code })).status).toBe(201)
  })

  test('two browsers with the right code make one super admin', async () => {
    const { browser, code, database } = await untouched()
    const answers = await Promise.all([
      browser().send('POST /v1/setup', { ...ada, code }),
      browser().send('POST /v1/setup', { ...ada, email: 'bob@example.com', code }),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    expect(await database.query("select 1 from memberships where account_id = 'platform'")).toHaveLength(1)
  })

  test('somebody who exists already keeps their name and has to know their password', async () => {
    const { browser, code, person } = await untouched()
    const { email, password } = await person()
    const stranger = await browser().send('POST /v1/setup', { code, email, name: 'Eve', password: 'another password' })
    expect(stranger).toMatchObject({ status: 400, body: { errors: [{ pointer: '/password' }] } })
    const owner = await browser().send('POST /v1/setup', { code, email, name: 'Eve', password })
    expect(owner).toMatchObject({ status: 201, body: { principal: { name: 'Ada', email } } })
  })
})
