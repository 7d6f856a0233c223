/** Runs of the testing lab: whose they are, who sees them, and that their costs are what was booked. */
import { readFile } from 'node:fs/promises'
import { type LabRun, labRunsMax, sharedLabRunsMax } from '@cockpit/contract/lab-runs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, offerModel, openAccount, password, signIn } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

type Sent = { status: number; body: LabRun & { type?: string; items: LabRun[]; next: string | null; total: number } }

/** Somebody with a browser session. */
const sessionOf = async (email: string) => {
  const headers = await signIn(cockpit, email)
  return async (what: string, body?: object): Promise<Sent> => {
    const { status, text } = await cockpit.send(what, { headers, ...(body ? { body } : {}) })
    return { status, body: text ? JSON.parse(text) : null }
  }
}
const openStage = async () => {
  const acme = await openAccount(cockpit)
  const join = async (name: string) => {
    const email = `${name}-${acme.tag}@example.com`
    await acme.api.users.create({ body: { email, name, role: 'end_user', password } })
    return sessionOf(email)
  }
  return { acme, ada: await sessionOf(acme.email), join }
}

const result = (differs: object = {}) => ({
  ...{
    model: 'small',
    requestId: null,
    status: 'done',
    answer: 'Four.',
    truncated: false,
    reason: 'stop',
    error: null,
  },
  ...{ firstTokenMs: 12.5, durationMs: 80, tokens: { input: 9, output: 2 } },
  ...differs,
})
const run = (differs: object = {}) => ({
  ...{ template: null, system: 'Be brief.', prompt: 'What is 2 + 2?', attachments: [] },
  settings: { temperature: 0.2, topP: null, maxTokens: 100 },
  results: [result(), result({ model: 'large', answer: '4' })],
  ...differs,
})

test('a run is kept as it was, voted on, noted, found again and deleted', async () => {
  const { ada } = await openStage()
  const made = await ada('POST /v1/lab-runs', run())
  expect(made).toMatchObject({ status: 201, body: { ...run(), votes: [null, null], notes: '', own: true } })
  const address = `/v1/lab-runs/${made.body.id}`
  const changed = await ada(`PATCH ${address}`, { votes: ['down', 'up'], notes: 'The second is 100% right' })
  expect(changed.body).toMatchObject({ votes: ['down', 'up'], notes: 'The second is 100% right' })
  await ada('POST /v1/lab-runs', run({ prompt: 'Name three poets.' }))
  const found = async (q: string) =>
    (await ada(`GET /v1/lab-runs?q=${encodeURIComponent(q)}`)).body.items.map(({ prompt }) => prompt)
  expect(await found('')).toEqual(['Name three poets.', 'What is 2 + 2?'])
  expect(await found('POETS')).toEqual(['Name three poets.'])
  expect(await found('100% right')).toEqual(['What is 2 + 2?'])
  expect(await found('0_ right')).toEqual([])
  expect((await ada(`PATCH ${address}`, { votes: ['up'] })).status).toBe(400)
  expect((await ada(`DELETE ${address}`)).status).toBe(204)
  expect((await ada(`GET ${address}`)).body.type).toBe('lab_run.not_found')
})

test('nobody sees the runs of another before they are shared, and nobody but the author changes them', async () => {
  const { acme, ada, join } = await openStage()
  const grace = await join('grace')
  const { id } = (await ada('POST /v1/lab-runs', run())).body
  const address = `/v1/lab-runs/${id}`
  expect((await grace(`GET ${address}`)).status).toBe(404)
  await ada(`PATCH ${address}`, { shared: true, notes: 'Look at this' })
  expect((await grace(`GET ${address}`)).body).toMatchObject({
    prompt: 'What is 2 + 2?',
    notes: 'Look at this',
    own: false,
    owner: { id: acme.admin.id, name: 'Ada' },
  })
  expect((await grace('GET /v1/lab-runs')).body).toMatchObject({ items: [], total: 0 })
  expect((await grace(`PATCH ${address}`, { notes: 'Mine' })).body.type).toBe('lab_run.not_found')
  expect((await grace(`DELETE ${address}`)).body.type).toBe('lab_run.not_found')
  const other = await openAccount(cockpit)
  expect((await (await sessionOf(other.email))(`GET ${address}`)).status).toBe(404)
  await ada(`PATCH ${address}`, { shared: false })
  expect((await grace(`GET ${address}`)).status).toBe(404)
})

test('nobody shares without end, and whoever looks after the account deletes what somebody shared who left', async () => {
  const { acme, ada, join } = await openStage()
  const grace = await join('grace')
  const mine = (await grace('POST /v1/lab-runs', run())).body
  const address = `/v1/lab-runs/${mine.id}`
  await cockpit.database.query(
    `insert into lab_runs select account_id, id || lpad(n::text, 4, '0'), owner_id, created_at, prompt, body, votes, notes, true
     from lab_runs, generate_series(1, ${sharedLabRunsMax}) n where id = '${mine.id}'`,
  )
  expect((await grace(`PATCH ${address}`, { shared: true })).body.type).toBe('lab_run.limit_reached')
  expect((await grace(`DELETE ${address}0001`)).status).toBe(204)
  expect((await grace(`PATCH ${address}`, { shared: true })).body).toMatchObject({ shared: true, removable: true })
  expect((await grace(`PATCH ${address}`, { shared: true })).status).toBe(200)
  const heidi = await join('heidi')
  expect((await heidi(`GET ${address}`)).body.removable).toBe(false)
  const hidden = (await grace('POST /v1/lab-runs', run())).body
  const [user] = (await acme.api.users.list({ query: { q: `grace-${acme.tag}` } })).items
  await acme.api.users.remove({ params: { id: user?.id ?? '' } })
  expect((await ada(`GET ${address}`)).body).toMatchObject({ own: false, removable: true })
  expect((await ada(`DELETE /v1/lab-runs/${hidden.id}`)).body.type).toBe('lab_run.not_found')
  expect((await ada(`DELETE ${address}`)).status).toBe(204)
  expect((await ada(`GET ${address}`)).status).toBe(404)
})

test('what only somebody who left could see goes with them, whichever way they leave; who is suspended keeps it', async () => {
  const { acme, ada, join } = await openStage()
  const rows = (ownerId: string) =>
    cockpit.database.query<{ shared: boolean }>(
      'select shared from lab_runs where account_id = $1 and owner_id = $2 order by shared',
      [acme.id, ownerId],
    )
  const told = async (id: string) =>
    (
      await cockpit.database.query<{ runs: string | null }>(
        `select before ->> 'privateLabRuns' as runs from events where name = 'user.removed' and subject ->> 'id' = $1`,
        [id],
      )
    ).map(({ runs }) => runs)
  const leaves: ((id: string, send: typeof ada) => Promise<unknown>)[] = [
    (id) => acme.api.users.remove({ params: { id } }),
    (id) => acme.api.users.bulk({ body: { userIds: [id], act: { kind: 'remove' } } }),
    (_, send) => send('DELETE /v1/me/membership'),
  ]
  const kept = (await ada('POST /v1/lab-runs', run())).body
  for (const [index, leave] of leaves.entries()) {
    const grace = await join(`grace${index}`)
    const [user] = (await acme.api.users.list({ query: { q: `grace${index}-${acme.tag}` } })).items
    const id = user?.id ?? ''
    const shared = (await grace('POST /v1/lab-runs', run())).body
    await grace(`PATCH /v1/lab-runs/${shared.id}`, { shared: true })
    for (const prompt of ['One', 'Two']) await grace('POST /v1/lab-runs', run({ prompt }))
    await acme.api.users.update({ params: { id }, body: { status: 'suspended' } })
    expect(await rows(id)).toHaveLength(3)
    await acme.api.users.update({ params: { id }, body: { status: 'active' } })
    await leave(id, await sessionOf(`grace${index}-${acme.tag}@example.com`))
    expect(await rows(id)).toEqual([{ shared: true }])
    expect((await ada(`GET /v1/lab-runs/${shared.id}`)).status).toBe(200)
    expect(await told(id)).toEqual(['2'])
  }
  expect((await ada(`GET /v1/lab-runs/${kept.id}`)).status).toBe(200)
})

test('what people left behind who went before that was so goes with an upgrade, and nothing else does', async () => {
  const { acme, ada, join } = await openStage()
  const grace = await join('grace')
  const { body: mine } = await grace('POST /v1/lab-runs', run())
  const [user] = (await acme.api.users.list({ query: { q: `grace-${acme.tag}` } })).items
  const graceId = user?.id ?? ''
  await acme.api.users.update({ params: { id: graceId }, body: { status: 'suspended' } })
  const { body: adas } = await ada('POST /v1/lab-runs', run())
  const email = `root-${acme.tag}@example.com`
  const added = await cockpit.as().platformPeople.add({ body: { email, name: 'Root', role: 'support', password } })
  const { query } = cockpit.database
  const copy = (owner: string, shared = false) =>
    query<{ id: string }>(
      `insert into lab_runs select account_id, id || $2, $1, created_at, prompt, body, votes, notes, $3
       from lab_runs where id = $4 returning id`,
      [owner, `${owner}${shared}`.slice(-20), shared, adas.id],
    ).then(([row]) => row?.id ?? '')
  const gone = 'usr_0190f5c27d7a7c3e8f00aa11bb22cc33'
  const left = await copy(gone)
  const kept = [mine.id, adas.id, await copy(gone, true), await copy(added.id), await copy('master_key')]
  const file = new URL('../../db/migrations/0162_lab_runs_of_who_left.sql', import.meta.url)
  await query(await readFile(file, 'utf8'))
  const rows = await query<{ id: string }>('select id from lab_runs where account_id = $1', [acme.id])
  const ids = rows.map(({ id }) => id)
  expect(ids).not.toContain(left)
  expect(ids.toSorted()).toEqual(kept.toSorted())
})

test('whoever leaves one of two accounts keeps what is theirs in the other', async () => {
  const [{ acme, join }, globex] = [await openStage(), await openAccount(cockpit)]
  const grace = await join('grace')
  const [user] = (await acme.api.users.list({ query: { q: `grace-${acme.tag}` } })).items
  const id = user?.id ?? ''
  await cockpit.database.query(
    `insert into memberships (account_id, user_id, role, status, source, created_at)
     values ($1, $2, 'end_user', 'active', 'manual', now())`,
    [globex.id, id],
  )
  const made = (await grace('POST /v1/lab-runs', run())).body
  await cockpit.database.query(
    `insert into lab_runs select $1, id, owner_id, created_at, prompt, body, votes, notes, shared from lab_runs where id = $2`,
    [globex.id, made.id],
  )
  await acme.api.users.remove({ params: { id } })
  const left = await cockpit.database.query('select account_id from lab_runs where owner_id = $1', [id])
  expect(left).toEqual([{ account_id: globex.id }])
})

test('what a run cost is what was booked for calls of its author, whatever else it names', async () => {
  const { acme, ada, join } = await openStage()
  const { model } = await offerModel(cockpit, acme.id, [{ name: 'demo', kind: 'demo' }], { upstreamModel: 'demo-chat' })
  const { secret } = JSON.parse(JSON.stringify((await ada('POST /v1/keys/playground')).body)) as { secret: string }
  const requestId = await eventually(async () => {
    const answer = await fetch(`${cockpit.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: model.name, messages: [{ role: 'user', content: 'Hi' }] }),
    })
    await answer.text()
    if (!answer.ok) throw new Error(`answered ${answer.status}`)
    return answer.headers.get('x-request-id')
  })
  const logged = await eventually(() => acme.api.usage.get({ params: { id: requestId ?? '' } }))
  const body = run({ results: [result({ requestId })] })
  const made = (await ada('POST /v1/lab-runs', body)).body
  expect(Number(logged.credits)).toBeGreaterThan(0)
  expect(made.results[0]?.booked).toEqual({
    credits: logged.credits,
    inputTokens: logged.tokens.input,
    outputTokens: logged.tokens.output,
    ttftMs: logged.ttftMs,
    durationMs: logged.durationMs,
  })
  const grace = await join('grace')
  expect((await grace('POST /v1/lab-runs', body)).body.results[0]?.booked).toBeNull()
})

test('the oldest runs make room, unless they are shared', async () => {
  const { ada } = await openStage()
  const first = (await ada('POST /v1/lab-runs', run({ prompt: 'shared' }))).body
  await ada(`PATCH /v1/lab-runs/${first.id}`, { shared: true })
  const second = (await ada('POST /v1/lab-runs', run({ prompt: 'forgotten' }))).body
  // as many as are kept, all of them younger
  await cockpit.database.query(
    `insert into lab_runs select account_id, id || lpad(n::text, 4, '0'), owner_id, created_at, 'Run ' || n, body, votes, notes, shared
     from lab_runs, generate_series(1, ${labRunsMax - 1}) n where id = '${second.id}'`,
  )
  expect((await ada(`GET /v1/lab-runs/${second.id}`)).status).toBe(200)
  await ada('POST /v1/lab-runs', run({ prompt: 'one more' }))
  expect((await ada(`GET /v1/lab-runs/${first.id}`)).status).toBe(200)
  expect((await ada(`GET /v1/lab-runs/${second.id}`)).status).toBe(404)
  const page = (await ada('GET /v1/lab-runs?limit=100')).body
  expect([page.total, page.items[0]?.prompt]).toEqual([labRunsMax + 1, 'one more'])
  const next = (await ada(`GET /v1/lab-runs?limit=1&after=${page.next}`)).body
  expect(next.items[0]?.prompt).toBe(`Run ${labRunsMax - 100}`)
})

test('what was asked and noted is not in the audit log', async () => {
  const { acme, ada } = await openStage()
  const { id } = (await ada('POST /v1/lab-runs', run({ prompt: 'the canary sings' }))).body
  await ada(`PATCH /v1/lab-runs/${id}`, { notes: 'the canary slept', votes: ['up', null] })
  const { items } = await acme.api.audit.list({ query: { subjectId: id } })
  expect(items.map(({ name }) => name)).toEqual(['lab_run.updated', 'lab_run.created'])
  expect(JSON.stringify(items)).not.toContain('canary')
})
