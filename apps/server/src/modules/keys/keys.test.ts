import type { Permission } from '@cockpit/contract/permissions'
import { rolePermissions } from '@cockpit/contract/permissions'
import { describe, expect, test } from 'vitest'
import { newId, sha256Hex, systemCtx } from '../../platform/index.ts'
import { eventsOf, superCtx, testAccount, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { createKeys, keyHandlers } from './index.ts'

const database = await testDatabase()
const { db, query } = database
let offsetMs = 0
const now = () => new Date(Date.now() + offsetMs)
const modelNames = async () => new Set(['gpt-5', 'demo'])
const keys = createKeys({ db, now, modelNames, activeKeysMax: 3 })
const front = testFront(keyHandlers(keys))

/** A person of the account, and their way through the front door. */
const member = async (
  accountId: string,
  permissions: Iterable<Permission> = rolePermissions.end_user,
  status = 'active',
) => {
  const ctx = testCtx(accountId, { permissions })
  const { id } = ctx.actor
  await query('insert into users (id, email, name, created_at) values ($1, $2, $3, now())', [
    id,
    `${id}@example.com`,
    `P ${id}`,
  ])
  await query(
    `insert into memberships (account_id, user_id, role, status, created_at) values ($1, $2, 'end_user', $3, now())`,
    [accountId, id, status],
  )
  return { id, ctx, ...front.as(ctx) }
}
const company = async (name?: string) => {
  const accountId = await testAccount(database, name)
  return { accountId, admin: await member(accountId, rolePermissions.account_admin) }
}
const serviceAccount = async (accountId: string) => {
  const id = newId('sva', now())
  await query('insert into service_accounts (account_id, id, name, created_at) values ($1, $2, $2, now())', [
    accountId,
    id,
  ])
  return id
}
const team = async (accountId: string, ...userIds: string[]) => {
  const [org, id] = [newId('org', now()), newId('team', now())]
  await query('insert into orgs (account_id, id, name, created_at) values ($1, $2, $2, now())', [accountId, org])
  await query('insert into teams (account_id, id, org_id, name, created_at) values ($1, $2, $3, $2, now())', [
    accountId,
    id,
    org,
  ])
  for (const user of userIds)
    await query('insert into team_members (account_id, team_id, user_id, created_at) values ($1, $2, $3, now())', [
      accountId,
      id,
      user,
    ])
  return id
}
const findByHash = (secret: string) => db.platform(systemCtx('test'), (tx) => keys.findByHash(tx, sha256Hex(secret)))
const changesToldOf = (name: string, accountId: string) =>
  query('select before, after from events where account_id = $1 and name = $2 order by seq', [accountId, name])
const pointers = ({ errors }: { errors: { pointer: string }[] }) => errors.map(({ pointer }) => pointer)
const later = async (ms: number, work: () => Promise<void>) => {
  offsetMs = ms
  try {
    await work()
  } finally {
    offsetMs = 0
  }
}

describe('the secret', () => {
  test('is 256 random bits, shown once, and stored as its hash only', async () => {
    const { accountId, admin } = await company()
    const { body } = await admin.send('POST /v1/keys', { name: 'CI' })
    expect(body.secret).toMatch(/^ck_[0-9A-Za-z]{43}$/)
    expect(body.preview).toBe(`${body.secret.slice(0, 7)}…${body.secret.slice(-4)}`)
    const shown = [await admin.send('GET /v1/keys'), await admin.send(`GET /v1/keys/${body.id}`)]
    const kept = await query(
      `select k::text from keys k where account_id = $1 union all select e::text from events e where account_id = $1`,
      [accountId],
    )
    expect(JSON.stringify([shown, kept])).not.toContain(body.secret)
    expect(await findByHash(body.secret)).toEqual({ id: body.id, name: 'CI', accountId })
    expect(await findByHash(`${body.secret}x`)).toBeNull()
  })

  test('after a rotation the new one works, and the old one until its grace ends', async () => {
    const { accountId, admin } = await company()
    const first = (await admin.send('POST /v1/keys', { name: 'CI' })).body
    const second = (await admin.send(`POST /v1/keys/${first.id}/rotate`, { graceSeconds: 60 })).body
    expect(second.secret).not.toBe(first.secret)
    expect([await findByHash(first.secret), await findByHash(second.secret)]).toMatchObject([
      { id: first.id },
      { id: first.id },
    ])
    const [slice] = await db.tenant(admin.ctx, (tx) => keys.sliceKeys(tx))
    expect(slice).toMatchObject({
      hash: sha256Hex(second.secret),
      previousHash: sha256Hex(first.secret),
      owner: { kind: 'user', id: admin.id },
    })
    expect(slice?.previousValidUntil).toBe(Date.parse(second.previousValidUntil))
    await later(61_000, async () => expect(await findByHash(first.secret)).toBeNull())
    const third = (await admin.send(`POST /v1/keys/${first.id}/rotate`, { graceSeconds: 0 })).body
    expect([await findByHash(second.secret), third.previousValidUntil]).toEqual([null, null])
    expect(await findByHash(third.secret)).not.toBeNull()
    expect(await eventsOf(database, accountId)).toEqual(['key.created', 'key.rotated', 'key.rotated'])
    expect(await changesToldOf('key.rotated', accountId)).toEqual([
      {
        before: { preview: first.preview, previousValidUntil: null },
        after: { preview: second.preview, previousValidUntil: second.previousValidUntil },
      },
      {
        before: { preview: second.preview, previousValidUntil: second.previousValidUntil },
        after: { preview: third.preview, previousValidUntil: null },
      },
    ])
  })

  test('that ends is told with what the key was before, whether it worked or had expired', async () => {
    const { accountId, admin } = await company()
    const working = (await admin.send('POST /v1/keys', { name: 'CI' })).body
    const expiresAt = new Date(Date.now() + 60_000).toISOString()
    await admin.send('POST /v1/keys', { name: 'Old', expiresAt })
    expect((await admin.send(`DELETE /v1/keys/${working.id}`)).status).toBe(204)
    await later(61_000, () => db.tenant(admin.ctx, (tx) => keys.revokeKeysOf(tx, { userId: admin.id })))
    expect(await changesToldOf('key.revoked', accountId)).toEqual([
      { before: { status: 'active' }, after: { status: 'revoked' } },
      { before: { status: 'expired' }, after: { status: 'revoked' } },
    ])
  })

  test('of a revoked key works no more, also the one before its rotation, and the key cannot come back', async () => {
    const { admin } = await company()
    const first = (await admin.send('POST /v1/keys', { name: 'CI' })).body
    const second = (await admin.send(`POST /v1/keys/${first.id}/rotate`, {})).body
    expect((await admin.send(`DELETE /v1/keys/${first.id}`)).status).toBe(204)
    expect([await findByHash(first.secret), await findByHash(second.secret)]).toEqual([null, null])
    for (const [line, body] of [
      ['POST /v1/keys/ID/rotate', {}],
      ['PATCH /v1/keys/ID', { name: 'x' }],
      ['DELETE /v1/keys/ID'],
    ] as const)
      expect((await admin.send(line.replace('ID', first.id), body)).body.type).toBe('key.not_found')
    expect((await admin.send(`GET /v1/keys/${first.id}`)).body.status).toBe('revoked')
    await later(90_000_000, async () => expect(await db.tenant(admin.ctx, (tx) => keys.sliceKeys(tx))).toEqual([]))
  })

  test('works until it expires', async () => {
    const { admin } = await company()
    const expiresAt = new Date(Date.now() + 60_000).toISOString()
    const { secret, id } = (await admin.send('POST /v1/keys', { name: 'CI', expiresAt })).body
    expect(await findByHash(secret)).not.toBeNull()
    await later(61_000, async () => {
      expect(await findByHash(secret)).toBeNull()
      expect((await admin.send(`GET /v1/keys/${id}`)).body.status).toBe('expired')
      expect((await admin.send('GET /v1/keys?status=expired')).body.total).toBe(1)
      expect((await admin.send('GET /v1/keys?status=active')).body.total).toBe(0)
      expect((await admin.send(`POST /v1/keys/${id}/rotate`, {})).status).toBe(404)
      const again = new Date(Date.now() + 900_000).toISOString()
      expect((await admin.send(`PATCH /v1/keys/${id}`, { expiresAt: again })).body.status).toBe('active')
    })
  })
})

describe('the owner', () => {
  test('is the caller, another active person or a service account of the account', async () => {
    const { accountId, admin } = await company()
    const [ada, bot] = [await member(accountId), await serviceAccount(accountId)]
    const owned = async (owner?: object) => (await admin.send('POST /v1/keys', { name: 'K', owner })).body.owner
    expect(await owned()).toMatchObject({ kind: 'user', id: admin.id })
    expect(await owned({ kind: 'user', id: ada.id })).toEqual({ kind: 'user', id: ada.id, name: `P ${ada.id}` })
    expect(await owned({ kind: 'service_account', id: bot })).toEqual({ kind: 'service_account', id: bot, name: bot })
  })

  test('is never somebody suspended, of another account, or nobody', async () => {
    const [{ accountId, admin }, globex] = [await company(), await company('Globex')]
    const suspended = await member(accountId, [], 'suspended')
    const refused = async (owner: object) => (await admin.send('POST /v1/keys', { name: 'K', owner })).body.type
    expect(await refused({ kind: 'user', id: suspended.id })).toBe('user.not_found')
    expect(await refused({ kind: 'user', id: globex.admin.id })).toBe('user.not_found')
    expect(await refused({ kind: 'service_account', id: await serviceAccount(globex.accountId) })).toBe(
      'service_account.not_found',
    )
    const master = front.as({
      ...superCtx(accountId),
      actor: { ...superCtx().actor, kind: 'master_key', id: 'master_key' },
    })
    expect(pointers((await master.send('POST /v1/keys', { name: 'K' })).body)).toEqual(['/owner'])
  })

  test('has at most the allowed number of working keys, also when two requests race for the last place', async () => {
    const { accountId, admin } = await company()
    for (const name of ['1', '2']) await admin.send('POST /v1/keys', { name })
    const racers = await Promise.all(['3', '4'].map((name) => admin.send('POST /v1/keys', { name })))
    expect(racers.map(({ status }) => status).sort()).toEqual([201, 409])
    const [oldest] = (await admin.send('GET /v1/keys')).body.items.slice(-1)
    await admin.send(`DELETE /v1/keys/${oldest.id}`)
    expect((await admin.send('POST /v1/keys', { name: '5' })).status).toBe(201)
    const ada = await member(accountId)
    expect((await ada.send('POST /v1/keys', { name: 'mine' })).status).toBe(201)
  })

  test('takes all working keys of that account along when removed, and those of another account stay', async () => {
    const [{ accountId, admin }, globex] = [await company(), await company('Globex')]
    const { secret, id } = (await admin.send('POST /v1/keys', { name: 'K' })).body
    await query(`insert into memberships (account_id, user_id, role, created_at) values ($1, $2, 'end_user', now())`, [
      globex.accountId,
      admin.id,
    ])
    const owner = { kind: 'user', id: admin.id }
    const elsewhere = (await globex.admin.send('POST /v1/keys', { name: 'K', owner })).body
    await db.platform(superCtx(accountId), (tx) => keys.revokeKeysOf(tx, { userId: admin.id }))
    expect(await findByHash(secret)).toBeNull()
    expect(await findByHash(elsewhere.secret)).not.toBeNull()
    expect(await eventsOf(database, accountId)).toEqual(['key.created', 'key.revoked'])
    await query('delete from memberships where account_id = $1 and user_id = $2', [accountId, admin.id])
    const other = await member(accountId, rolePermissions.account_admin)
    const seen = await other.send(`GET /v1/keys/${id}`)
    expect(seen.body).toMatchObject({ status: 'revoked', owner: { name: 'Removed' } })
  })
})

describe('what a key may', () => {
  test('use names models the account has, and names each one it has not', async () => {
    const { admin } = await company()
    const wrong = await admin.send('POST /v1/keys', { name: 'K', models: ['gpt-5', 'gpt-6', 'nope'] })
    expect([wrong.status, pointers(wrong.body)]).toEqual([400, ['/models/1', '/models/2']])
    const { id } = (await admin.send('POST /v1/keys', { name: 'K', models: ['gpt-5'] })).body
    expect(pointers((await admin.send(`PATCH /v1/keys/${id}`, { models: ['nope'] })).body)).toEqual(['/models/0'])
    expect((await admin.send('GET /v1/keys?model=demo')).body.total).toBe(0)
    expect((await admin.send('GET /v1/keys?model=gpt-5')).body.total).toBe(1)
  })

  test('be issued for a time in the future only', async () => {
    const { admin } = await company()
    const past = await admin.send('POST /v1/keys', { name: 'K', expiresAt: new Date(Date.now() - 1000).toISOString() })
    expect([past.status, pointers(past.body)]).toEqual([400, ['/expiresAt']])
  })

  test('spend from a team is that its owner is in it', async () => {
    const [{ accountId, admin }, globex] = [await company(), await company('Globex')]
    const [mine, others, foreign] = [
      await team(accountId, admin.id),
      await team(accountId),
      await team(globex.accountId),
    ]
    const issued = await admin.send('POST /v1/keys', { name: 'K', teamId: mine })
    expect(issued.body.teamId).toBe(mine)
    const ownerOf = (accountId: string) => db.tenant(testCtx(accountId), (tx) => keys.ownerOf(tx, issued.body.id))
    expect(await ownerOf(accountId)).toEqual({ userId: admin.id, serviceAccountId: null, teamId: mine })
    expect(await ownerOf(globex.accountId)).toBeNull()
    for (const teamId of [others, foreign]) {
      expect((await admin.send('POST /v1/keys', { name: 'K', teamId })).body.type).toBe('team.not_found')
      expect((await admin.send(`PATCH /v1/keys/${issued.body.id}`, { teamId })).body.type).toBe('team.not_found')
    }
    const owner = { kind: 'service_account', id: await serviceAccount(accountId) }
    expect((await admin.send('POST /v1/keys', { name: 'K', teamId: others, owner })).body.teamId).toBe(others)
  })

  test('changes with its story, and the same again changes nothing', async () => {
    const { accountId, admin } = await company()
    const expiresAt = '2099-01-01T00:00:00Z'
    const { id } = (await admin.send('POST /v1/keys', { name: 'K', expiresAt })).body
    const limits = { rpm: 10, tpm: 9_999_999_999 }
    for (let i = 0; i < 2; i++)
      expect((await admin.send(`PATCH /v1/keys/${id}`, { limits, expiresAt })).body.limits).toEqual(limits)
    const rows = await query(`select before, after from events where account_id = $1 and name = 'key.updated'`, [
      accountId,
    ])
    expect(rows).toEqual([{ before: { limits: { rpm: null, tpm: null } }, after: { limits } }])
  })
})

describe('an end user', () => {
  test('manages own keys, and those of others answer with the bytes of missing ones', async () => {
    const { accountId, admin } = await company()
    const ada = await member(accountId)
    const own = (await ada.send('POST /v1/keys', { name: 'mine' })).body
    const others = (await admin.send('POST /v1/keys', { name: 'theirs' })).body
    expect((await ada.send('GET /v1/keys')).body.items.map(({ id }: { id: string }) => id)).toEqual([own.id])
    expect((await admin.send('GET /v1/keys')).body.total).toBe(2)
    const globex = await company('Globex')
    const foreign = (await globex.admin.send('POST /v1/keys', { name: 'foreign' })).body
    for (const [method, tail, body] of [
      ['GET', ''],
      ['PATCH', '', { name: 'x' }],
      ['POST', '/rotate', {}],
      ['DELETE', ''],
    ] as const) {
      const texts: string[] = []
      for (const id of [others.id, foreign.id, 'key_0190f5c27d7a7c3e8f00aa11bb22cc33']) {
        const answer = await ada.send(`${method} /v1/keys/${id}${tail}`, body)
        texts.push(answer.status + answer.text.replace(/"requestId":"[^"]*"/, ''))
      }
      expect(texts[0]).toMatch(/^404/)
      expect(new Set(texts).size).toBe(1)
    }
    expect((await ada.send(`DELETE /v1/keys/${own.id}`)).status).toBe(204)
    expect(await findByHash(others.secret)).not.toBeNull()
  })

  test('issues keys to nobody else, whether they exist or not', async () => {
    const { accountId, admin } = await company()
    const ada = await member(accountId)
    const texts: string[] = []
    for (const id of [admin.id, 'usr_0190f5c27d7a7c3e8f00aa11bb22cc33']) {
      const { text } = await ada.send('POST /v1/keys', { name: 'K', owner: { kind: 'user', id } })
      texts.push(text.replace(/"requestId":"[^"]*"/, ''))
    }
    expect(texts[0]).toContain('user.not_found')
    expect(texts[0]).toBe(texts[1])
    const bot = { kind: 'service_account', id: await serviceAccount(accountId) }
    expect((await ada.send('POST /v1/keys', { name: 'K', owner: bot })).body.type).toBe('service_account.not_found')
  })
})

describe('the playground key', () => {
  test('belongs to the caller, works for an hour, and replaces the one before', async () => {
    const { accountId } = await company()
    const ada = await member(accountId)
    const first = (await ada.send('POST /v1/keys/playground')).body
    expect(first).toMatchObject({ purpose: 'playground', owner: { id: ada.id }, models: null })
    expect(Date.parse(first.expiresAt) - Date.parse(first.createdAt)).toBeGreaterThan(3_590_000)
    expect(Date.parse(first.expiresAt) - Date.now()).toBeLessThanOrEqual(3_600_000)
    const second = (await ada.send('POST /v1/keys/playground')).body
    expect([await findByHash(first.secret), (await findByHash(second.secret))?.id]).toEqual([null, second.id])
    expect((await ada.send('GET /v1/keys')).body.items.map(({ id }: { id: string }) => id)).toEqual([second.id])
    expect(await eventsOf(database, accountId)).toEqual(['key.created', 'key.revoked', 'key.created'])
  })

  test('is not for a super admin who is no member, and says how to become one', async () => {
    const { accountId } = await company()
    const { body } = await front.as(superCtx(accountId)).send('POST /v1/keys/playground')
    expect(body).toMatchObject({ type: 'user.not_found', status: 404 })
    expect(body.detail).toContain('add yourself')
  })
})

test('last uses arrive in any order and never move back', async () => {
  const { admin } = await company()
  const { id } = (await admin.send('POST /v1/keys', { name: 'K' })).body
  const touch = (at: string) =>
    db.platform(systemCtx('test'), (tx) =>
      keys.touchLastUsed(
        tx,
        new Map([
          [id, new Date(at)],
          ['key_unknown', new Date(at)],
        ]),
      ),
    )
  for (const at of ['2030-01-01T00:00:00.000Z', '2029-01-01T00:00:00.000Z']) await touch(at)
  expect((await admin.send(`GET /v1/keys/${id}`)).body.lastUsedAt).toBe('2030-01-01T00:00:00.000Z')
})

test('keys are found by name, preview or owner', async () => {
  const { accountId, admin } = await company()
  const ada = await member(accountId)
  const own = (await ada.send('POST /v1/keys', { name: 'nightly' })).body
  await admin.send('POST /v1/keys', { name: 'other' })
  for (const q of ['IGHTL', own.preview.slice(-4), ada.id, own.id])
    expect((await admin.send(`GET /v1/keys?q=${encodeURIComponent(q)}`)).body.items).toMatchObject([{ id: own.id }])
  expect((await admin.send(`GET /v1/keys?ownerId=${ada.id}`)).body.total).toBe(1)
})

test('wrong input names the field', async () => {
  const { admin } = await company()
  const { status, body } = await admin.send('POST /v1/keys', { name: '', limits: { rpm: 0, tpm: null } })
  expect([status, pointers(body).sort()]).toEqual([400, ['/limits/rpm', '/name']])
})
