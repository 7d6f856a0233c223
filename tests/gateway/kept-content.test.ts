/** Texts of requests through the front door: masked before they are kept, kept as long as the account says, and erased. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage, type Tenant } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const keeping = async (masked: boolean) => {
  const pieces = ['Ask ada@exam', 'ple.com now']
  const upstream = await stage.provider(answer({ text: 'Ask ada@example.com', pieces }))
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }])
  if (masked) await tenant.api.keptContent.set({ body: { days: null, masked } })
  await stage.cockpit.as().accounts.update({ params: { id: tenant.account.id }, body: { logContent: true } })
  return { tenant, upstream }
}

const said = async (tenant: Tenant, more: object = {}) => {
  const { headers } = await stage.cockpit.send('POST /v1/chat/completions', {
    headers: { authorization: `Bearer ${tenant.key.secret}` },
    body: { model: tenant.model.name, messages: [{ role: 'user', content: 'I am bob@example.com' }], ...more },
  })
  return tenant.logged(headers.get('x-request-id'))
}

/** The first call that a gateway keeps the texts of. */
const kept = (tenant: Tenant, more: object = {}) =>
  eventually(async () => {
    const { content } = await said(tenant, more)
    if (!content) throw new Error('nothing is kept yet')
    return content
  })

test('what is kept is masked where the account wants it, and goes on unmasked', async () => {
  const { tenant, upstream } = await keeping(true)
  const whole = await kept(tenant)
  expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain('bob@example.com')
  expect(whole.request).toContain('I am [EMAIL]')
  expect(whole.response).toContain('Ask [EMAIL]')
  const stream = await kept(tenant, { stream: true })
  expect(JSON.stringify([whole, stream])).not.toMatch(/ada@|bob@/)
  expect(stream.response).toContain('[EMAIL]')
})

test('of a long text its beginning is kept, masked up to where it was cut', async () => {
  const { tenant } = await keeping(true)
  await kept(tenant)
  const content = `${'carl@example.com '.repeat(5_000)}`
  const long = await kept(tenant, { messages: [{ role: 'user', content }] })
  expect(long.truncated).toBe(true)
  expect(long.request).toContain('[EMAIL] [EMAIL]')
  expect(long.request).not.toContain('carl@')
})

test('an account erases what one person said; a legal hold keeps it, and all is told', async () => {
  const { tenant } = await keeping(false)
  expect((await kept(tenant)).request).toContain('bob@example.com')
  const { api } = tenant
  const before = await api.keptContent.get()
  expect(before).toMatchObject({ kept: true, days: null, masked: false, held: false })
  expect(before.requests).toBeGreaterThan(0)
  const tomorrow = { before: new Date(Date.now() + 86_400_000).toISOString() }
  const hold = await api.audit.createHold({ body: { reason: 'Case 4711' } })
  await expect(api.keptContent.erase({ body: tomorrow })).rejects.toMatchObject({ code: 'kept_content.held' })
  await api.audit.releaseHold({ params: { id: hold.id } })
  const nobody = { userId: 'usr_0190f5c27d7a7c3e8f00aa11bb22cc33' }
  expect(await api.keptContent.erase({ body: nobody })).toEqual({ erased: 0 })
  const { user } = await tenant.lastLogged()
  const erasure = user ? { userId: user.id } : tomorrow
  expect(await api.keptContent.erase({ body: erasure })).toEqual({ erased: before.requests })
  expect((await tenant.lastLogged()).content).toBeNull()
  expect((await api.keptContent.get()).requests).toBe(0)
  const names = (await api.audit.list()).items.map(({ name }) => name)
  expect(names.filter((name) => name.startsWith('kept_content.'))).toEqual([
    'kept_content.erased',
    'kept_content.erased',
  ])
})
