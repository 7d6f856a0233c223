import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Ctx } from '../../platform/index.ts'
import { superCtx, testAccount, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { auditHandlers, createAudit } from './index.ts'
import { auditDeps } from './testing.ts'

const database = await testDatabase()
const { db } = database
const dataDir = mkdtempSync(join(tmpdir(), 'audit-'))
afterAll(() => rmSync(dataDir, { recursive: true }))
const audit = createAudit(auditDeps({ db, dataDir }))
const front = testFront(auditHandlers(audit))
const story = async (ctx: Ctx, ...names: string[]) => {
  for (const name of names)
    await db.tenant(ctx, ({ emit }) =>
      emit(name, {
        subject: { type: 'thing', id: `thing_${name}`, name: `Big ${name}` },
        before: { a: 1 },
        after: { a: 2 },
      }),
    )
}
const names = ({ body }: { body: { items: { name: string }[] } }) => body.items.map(({ name }) => name)

describe('the audit log', () => {
  test('one event can be read again by its id, and only where it happened', async () => {
    const [acme, globex] = [testCtx(await testAccount(database)), testCtx(await testAccount(database))]
    await story(acme, 'key.created')
    const [event] = (await front.as(acme).send('GET /v1/audit-events')).body.items
    expect((await front.as(acme).send(`GET /v1/audit-events/${event.id}`)).body).toEqual(event)
    const elsewhere = await front.as(globex).send(`GET /v1/audit-events/${event.id}`)
    expect(elsewhere.status).toBe(404)
    expect(elsewhere.body.type).toBe('audit_event.not_found')
  })

  // T79
  test('shows an account admin every change of their account, newest first, with who and what before and after', async () => {
    const ctx = testCtx(await testAccount(database))
    await story(ctx, 'key.created', 'key.revoked')
    const { body } = await front.as(ctx).send('GET /v1/audit-events')
    expect(body).toMatchObject({ total: 2, next: null })
    expect(body.items[0]).toMatchObject({
      accountId: ctx.accountId,
      name: 'key.revoked',
      before: { a: 1 },
      after: { a: 2 },
      ip: '127.0.0.1',
      requestId: ctx.requestId,
      actor: { kind: 'user', id: ctx.actor.id, name: 'Test' },
      subject: { type: 'thing', id: 'thing_key.revoked', name: 'Big key.revoked' },
    })
  })

  test('shows nothing of another account, whatever is asked for', async () => {
    const [acme, globex] = [testCtx(await testAccount(database)), testCtx(await testAccount(database))]
    await story(acme, 'canary.sung')
    for (const query of [
      '',
      `?actorId=${acme.actor.id}`,
      '?subjectId=thing_canary.sung',
      '?q=canary',
      '?name=canary*',
      `?account_id=${acme.accountId}`,
    ]) {
      const { text, body } = await front.as(globex).send(`GET /v1/audit-events${query}`)
      expect(body).toEqual({ items: [], next: null, total: 0, totalIsMin: false })
      expect(text).not.toContain('canary')
    }
  })

  test('pages without a gap or a repeat', async () => {
    const ctx = testCtx(await testAccount(database))
    await story(ctx, ...Array.from({ length: 5 }, (_, i) => `step.${i}`))
    const seen: string[] = []
    for (let after = ''; ; ) {
      const page = await front.as(ctx).send(`GET /v1/audit-events?limit=2${after}`)
      seen.push(...names(page))
      expect(page.body.total).toBe(5)
      if (!page.body.next) break
      after = `&after=${page.body.next}`
    }
    expect(seen).toEqual(['step.4', 'step.3', 'step.2', 'step.1', 'step.0'])
  })

  test.each([
    ['a name', 'name=key.created', ['key.created']],
    ['the start of a name', 'name=key.*', ['key.revoked', 'key.created']],
    ['a start whose wildcard is a letter', 'name=k_y.*', []],
    ['the thing', 'subjectId=thing_team.made', ['team.made']],
    ['another actor', 'actorId=usr_0', []],
    ['text in the name of the thing', 'q=big%20TEAM', ['team.made']],
    ['text with a wildcard', 'q=%25', []],
    ['the beginning of a word among the values', 'q=thing%20tea', ['team.made']],
    ['words that stand nowhere together', 'q=team%20key', []],
    ['an outcome nothing had', 'outcome=denied', []],
    ['a session', 'sessionId=ses_0', []],
    ['a time that has passed', 'to=2001-01-01T00:00:00Z', []],
    ['a time still open', 'from=2001-01-01T00:00:00Z&name=team.made', ['team.made']],
  ])('filters by %s', async (_, query, expected) => {
    const ctx = testCtx(await testAccount(database))
    await story(ctx, 'key.created', 'team.made', 'key.revoked')
    const page = await front.as(ctx).send(`GET /v1/audit-events?${query}`)
    expect(names(page)).toEqual(expected)
    expect(page.body.total).toBe(expected.length)
  })

  // T79
  test('shows a super admin all accounts and the platform, or the one they chose', async () => {
    const [acme, globex, root] = [
      testCtx(await testAccount(database)),
      testCtx(await testAccount(database)),
      superCtx(),
    ]
    await story(acme, 'acme.did')
    await story(globex, 'globex.did')
    await story(root, 'platform.did')
    const page = await front.as(root).send('GET /v1/audit-events?name=*&limit=3')
    expect(names(page)).toEqual(['platform.did', 'globex.did', 'acme.did'])
    const chosen = await front.as(root).send('GET /v1/audit-events', undefined, { 'x-account-id': acme.accountId })
    expect(names(chosen)).toEqual(['acme.did'])
  })

  test('is closed to who may not read it', async () => {
    const ctx = testCtx(await testAccount(database), { permissions: ['model.read'] })
    expect((await front.as(ctx).send('GET /v1/audit-events')).body.type).toBe('access.denied')
    expect((await front.send('GET /v1/audit-events')).status).toBe(401)
    expect((await front.as(testCtx('platform')).send('GET /v1/audit-events')).body.type).toBe('access.denied')
  })
})
