import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditCheckpoint, AuditEvent } from '@cockpit/contract/audit'
import { checkpointText, eventText, genesisHash } from '@cockpit/contract/audit-chain'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { verifyAudit } from '../../../../../packages/client/src/audit-verify.ts'
import type { Ctx } from '../../platform/index.ts'
import { freshDatabase, superCtx, testAccount, testCtx, testFront } from '../../platform/testing.ts'
import { createCheckpointFile } from './checkpoint-file.ts'
import { createCheckpoints } from './checkpoints.ts'
import { checkpointRepository } from './checkpoints-repository.ts'
import { createHeadsFile, createHeadsWatch } from './heads.ts'
import { auditHandlers, createAudit } from './index.ts'
import { auditRepository } from './repository.ts'
import { loadSigner } from './signing-key.ts'
import { auditDeps } from './testing.ts'

const database = await freshDatabase()
const { db, query } = database
const dataDir = mkdtempSync(join(tmpdir(), 'audit-proof-'))
const now = () => new Date()
const deps = auditDeps({ db, now, dataDir })
const signer = loadSigner({ configured: null, dataDir })
const file = createCheckpointFile(dataDir)
// small steps, so that short chains have several checkpoints
const heads = createHeadsFile(dataDir)
const checkpoints = createCheckpoints({ ...deps, signer: () => signer, file, heads, everyEvents: 4 })
const watch = createHeadsWatch({ ...deps, signer: () => signer, file: heads })
const front = testFront(auditHandlers(createAudit(deps)))
/** A process of `--workers`: it serves beside the one that signs, in the same data directory. */
const beside = testFront(auditHandlers(createAudit({ ...deps, signs: false })))
/** Processes of `--role api` on machines of their own: one was given the key, one has nothing but the database. */
const farDir = mkdtempSync(join(tmpdir(), 'audit-proof-far-'))
const farDeps = { ...deps, signs: false, dataDir: farDir }
const withKey = testFront(
  auditHandlers(createAudit({ ...farDeps, auditKey: readFileSync(join(dataDir, 'audit.key'), 'utf8').trim() })),
)
const far = testFront(auditHandlers(createAudit(farDeps)))
const keyFile = join(dataDir, 'public.pem')
writeFileSync(keyFile, signer.publicKey)
afterAll(async () => {
  await database.close()
  for (const dir of [dataDir, farDir]) rmSync(dir, { recursive: true })
})

const eventsMax = 14
/** An account whose last event is covered by a checkpoint. */
const signedAccount = async (count: number): Promise<Ctx> => {
  const ctx = testCtx(await testAccount(database))
  for (let i = 1; i <= count; i++)
    await db.tenant(ctx, ({ emit }) =>
      emit('thing.made', { subject: { type: 'thing', id: `thing_${i}`, name: 'Thing' }, after: { i } }),
    )
  await checkpoints.run()
  return ctx
}
type Faults = { faultCount: number; faults: { kind: string }[] }
const online = async (ctx: Ctx, at = front): Promise<Faults & { unproven: string | null }> => {
  const { text } = await at.as(ctx).send('GET /v1/audit/verification')
  const last = text
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .at(-1)
  return JSON.parse(last?.slice(5) ?? '').verdict
}
/** With nothing but what lies outside the database. The export is read as an attacker left it. */
const offline = async (ctx: Ctx): Promise<Faults> => {
  const events = join(dataDir, `${ctx.accountId}.jsonl`)
  writeFileSync(events, (await front.as(ctx).send('GET /v1/audit/export.jsonl')).text)
  return verifyAudit(
    { events, checkpoints: [file.path], keys: [keyFile], account: ctx.accountId },
    { baseUrl: '', headers: {} },
  )
}

const read = (accountId: string) => db.platform(superCtx(), (tx) => auditRepository(tx).segment(accountId, 0, 1000))
const remove = (accountId: string, from: number, to: number) =>
  query('delete from events where account_id = $1 and chain_seq between $2 and $3', [accountId, from, to])

/** What a thorough attacker does afterwards: numbers and hashes of the rest agree again, and so does the head. */
const rechain = async (accountId: string) => {
  const events = await read(accountId)
  // out of the way first, for places are unique
  await query('update events set chain_seq = -chain_seq where account_id = $1', [accountId])
  let hash = genesisHash
  for (const [i, event] of events.entries()) {
    const prevHash = hash
    hash = createHash('sha256')
      .update(prevHash + eventText({ ...event, seq: i + 1 }))
      .digest('hex')
    await query('update events set chain_seq = $3, prev_hash = $4, hash = $5 where account_id = $1 and id = $2', [
      ...[accountId, event.id, i + 1, prevHash, hash],
    ])
  }
  await query('update audit_chains set seq = $2, hash = $3 where account_id = $1', [accountId, events.length, hash])
}

const swap = async (accountId: string, a: number, b: number) => {
  await query('update events set chain_seq = -1 where account_id = $1 and chain_seq = $2', [accountId, a])
  await query('update events set chain_seq = $2 where account_id = $1 and chain_seq = $3', [accountId, a, b])
  await query('update events set chain_seq = $2 where account_id = $1 and chain_seq = -1', [accountId, b])
}

/** A statement about an event, signed with a key that an attacker wrote into the database beside it. */
const forge = async (kind: AuditCheckpoint['kind'], { accountId, seq, hash }: AuditEvent) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const keyId = createHash('sha256').update(der).digest('hex').slice(0, 16)
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  await query('insert into audit_keys values ($1, $2, now())', [keyId, pem])
  const forged: Omit<AuditCheckpoint, 'signature'> = { kind, accountId, seq, hash, at: now().toISOString(), keyId }
  const signature = sign(null, Buffer.from(checkpointText(forged)), privateKey).toString('base64')
  await query('insert into audit_checkpoints values ($1, $2, $3, $4, $5, $6, $7)', [
    ...[accountId, kind, seq, hash, forged.at, keyId, signature],
  ])
}

const edits = [
  `name = 'thing.unmade'`,
  `at = at - interval '1 second'`,
  `actor = jsonb_set(actor, '{name}', '"Nobody"')`,
  `on_behalf_of = '{"kind":"user","id":"usr_1","name":"Eve"}'`,
  `subject = jsonb_set(subject, '{id}', '"thing_0"')`,
  `before = '{"i":0}'`,
  `after = jsonb_set(after, '{i}', '0')`,
  `after = null`,
  `outcome = 'read'`,
  `request_id = 'req_0'`,
  `ip = '10.0.0.1'`,
  `ip = null`,
  `session_id = 'ses_0'`,
  `user_agent = 'other'`,
  `policy_version = null`,
  `reason = 'none'`,
  `id = 'evt_0'`,
]

type Tampering = { count: number; place: number; other: number; edit: number; thorough: boolean }
const tampering = fc
  .record({
    count: fc.integer({ min: 3, max: eventsMax }),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    gap: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    edit: fc.nat(edits.length - 1),
    thorough: fc.boolean(),
  })
  .map(({ count, at, gap, edit, thorough }): Tampering => {
    const place = 1 + Math.floor(at * count)
    return { count, place, other: 1 + ((place + Math.floor(gap * (count - 1))) % count), edit, thorough }
  })

describe('of a chain whose end is signed', () => {
  test('an honest one is proven, online and offline', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: eventsMax }), async (count) => {
        const ctx = await signedAccount(count)
        for (const at of [front, beside])
          expect(await online(ctx, at)).toMatchObject({ faultCount: 0, events: count, unproven: null })
        // the export is itself an event of the chain, and stands behind the last checkpoint
        expect(await offline(ctx)).toMatchObject({ faultCount: 0, events: count + 1 })
      }),
      { numRuns: 10 },
    )
  })

  const found = (tamper: (accountId: string, how: Tampering) => Promise<unknown>, numRuns = 12) =>
    fc.assert(
      fc.asyncProperty(tampering, async (how) => {
        const ctx = await signedAccount(how.count)
        await tamper(ctx.accountId, how)
        if (how.thorough) await rechain(ctx.accountId)
        for (const at of [front, beside]) expect((await online(ctx, at)).faultCount).toBeGreaterThan(0)
        for (const at of [withKey, far]) expect(await online(ctx, at)).not.toMatchObject({ unproven: null })
        expect((await offline(ctx)).faultCount).toBeGreaterThan(0)
      }),
      { numRuns },
    )

  test('an edit of any field is found', async () => {
    await found(
      (accountId, { place, edit }) =>
        query(`update events set ${edits[edit]} where account_id = $1 and chain_seq = $2`, [accountId, place]),
      25,
    )
  })

  test('a deletion is found', () => found((accountId, { place }) => remove(accountId, place, place)))

  test('two that changed places are found', () => found((accountId, { place, other }) => swap(accountId, place, other)))

  test('a tail that was cut off is found', () =>
    found((accountId, { count, place }) => remove(accountId, place, count)))

  test('a beginning that was cut off is found, though it looks like retention', () =>
    found(async (accountId, { place }) => {
      await remove(accountId, 1, place)
      await query('update audit_chains set pruned_seq = $2 where account_id = $1', [accountId, place])
    }))

  test('a beginning that was cut off is found, though an anchor of a key in the database says that retention did it', () =>
    found(async (accountId, { place }) => {
      const event = (await read(accountId)).find(({ seq }) => seq === place) as AuditEvent
      await remove(accountId, 1, place)
      await query('update audit_chains set pruned_seq = $2 where account_id = $1', [accountId, place])
      await forge('anchor', event)
    }))

  test('no process believes such an anchor, whatever it knows of the key, and each says what it cannot prove', async () => {
    const ctx = await signedAccount(6)
    const event = (await read(ctx.accountId)).find(({ seq }) => seq === 3) as AuditEvent
    await remove(ctx.accountId, 1, 3)
    await query('update audit_chains set pruned_seq = 3 where account_id = $1', [ctx.accountId])
    await forge('anchor', event)
    for (const at of [front, beside, withKey, far])
      expect((await online(ctx, at)).faults.map(({ kind }) => kind)).toContain('forged')
    expect((await online(ctx, withKey)).unproven).toContain('audit-checkpoints.jsonl')
    expect((await online(ctx, far)).unproven).toContain('COCKPIT_AUDIT_KEY')
    // looking made no key there
    expect(readdirSync(farDir)).toEqual([])
  })

  test('such an anchor does not come into the file beside the database either', async () => {
    const ctx = await signedAccount(6)
    const event = (await read(ctx.accountId)).find(({ seq }) => seq === 3) as AuditEvent
    await remove(ctx.accountId, 1, 3)
    await query('update audit_chains set pruned_seq = 3 where account_id = $1', [ctx.accountId])
    await forge('anchor', event)
    await checkpoints.run()
    expect((await file.read(ctx.accountId)).map(({ kind }) => kind)).toEqual(['checkpoint', 'checkpoint'])
    expect((await online(ctx)).faults.map(({ kind }) => kind)).toContain('forged')
  })

  test('an anchor of our own key is believed where the key is known', async () => {
    const ctx = await signedAccount(6)
    const { seq, hash } = (await read(ctx.accountId)).find((one) => one.seq === 3) as AuditEvent
    const anchor = checkpoints.signed('anchor', ctx.accountId, { seq, hash })
    await db.platform(superCtx(), (tx) => checkpointRepository(tx).insert([anchor]))
    await remove(ctx.accountId, 1, 3)
    await query('update audit_chains set pruned_seq = 3 where account_id = $1', [ctx.accountId])
    for (const at of [front, beside, withKey]) expect((await online(ctx, at)).faultCount).toBe(0)
    expect((await online(ctx, far)).faults.map(({ kind }) => kind)).toContain('forged')
  })

  test('a whole chain that is gone behind such an anchor is missed', async () => {
    const ctx = await signedAccount(5)
    const last = (await read(ctx.accountId)).at(-1) as AuditEvent
    await remove(ctx.accountId, 1, last.seq)
    await query('update audit_chains set pruned_seq = seq where account_id = $1', [ctx.accountId])
    await forge('anchor', last)
    expect((await online(ctx)).faults.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['forged', 'truncated']))
    expect((await offline(ctx)).faultCount).toBeGreaterThan(0)
  })

  test('a story invented in between is found', () =>
    found(async (accountId, { place, count }) => {
      for (let seq = count; seq >= place; seq--)
        await query('update events set chain_seq = chain_seq + 1 where account_id = $1 and chain_seq = $2', [
          accountId,
          seq,
        ])
      await query(
        `insert into events (account_id, id, name, at, actor, subject, request_id, chain_seq, prev_hash, hash)
         select account_id, 'evt_invented', name, at, actor, subject, request_id, $2::bigint, prev_hash, hash
         from events where account_id = $1 and chain_seq = $2::bigint + 1`,
        [accountId, place],
      )
      await query('update audit_chains set seq = seq + 1 where account_id = $1', [accountId])
    }))

  test('checkpoints deleted together with the tail they cover are missed, because they stand outside the database too', () =>
    found(async (accountId, { count, place }) => {
      await remove(accountId, place, count)
      await query('delete from audit_checkpoints where account_id = $1', [accountId])
    }, 10))

  test('a whole chain that vanished with its head and its checkpoints is missed', async () => {
    const ctx = await signedAccount(5)
    for (const table of ['events', 'audit_chains', 'audit_checkpoints'])
      await query(`delete from ${table} where account_id = $1`, [ctx.accountId])
    expect((await online(ctx)).faults.map(({ kind }) => kind)).toContain('truncated')
    expect((await offline(ctx)).faultCount).toBeGreaterThan(0)
    const everywhere = await online(superCtx())
    expect(everywhere.faults.length).toBeGreaterThan(0)
  })

  test('a rewritten chain with checkpoints signed by another key is found', async () => {
    const ctx = await signedAccount(6)
    await query(`update events set name = 'nothing.happened' where account_id = $1 and chain_seq = 2`, [ctx.accountId])
    await rechain(ctx.accountId)
    await query('delete from audit_checkpoints where account_id = $1', [ctx.accountId])
    await forge('checkpoint', (await read(ctx.accountId)).at(-1) as AuditEvent)
    expect((await online(ctx)).faults.map(({ kind }) => kind)).toContain('edited')
    expect((await offline(ctx)).faults.map(({ kind }) => kind)).toContain('edited')
  })
})

describe('of events behind the last checkpoint', () => {
  /** Three that are signed and three that only the running program has seen. */
  const seenAccount = async (): Promise<Ctx> => {
    const ctx = await signedAccount(3)
    for (let i = 4; i <= 6; i++)
      await db.tenant(ctx, ({ emit }) =>
        emit('thing.made', { subject: { type: 'thing', id: `thing_${i}`, name: 'Thing' } }),
      )
    await watch.round()
    return ctx
  }
  const cut = async ({ accountId }: Ctx) => {
    await remove(accountId, 5, 6)
    await rechain(accountId)
  }
  const grow = (ctx: Ctx) =>
    db.tenant(ctx, ({ emit }) => emit('thing.made', { subject: { type: 'thing', id: 'thing_new', name: 'Thing' } }))
  const kinds = async (ctx: Ctx) => (await online(ctx)).faults.map(({ kind }) => kind)

  test('a cut is missed, also when the program starts again and the chain has grown past it', async () => {
    const ctx = await seenAccount()
    await cut(ctx)
    expect(await kinds(ctx)).toEqual(['truncated'])
    for (let i = 0; i < 4; i++) await grow(ctx)
    const errors: unknown[] = []
    const log = { ...deps.log, error: (fields: object) => void errors.push(fields) } as typeof deps.log
    const restarted = createHeadsWatch({ ...deps, log, signer: () => signer, file: heads })
    await restarted.round()
    await restarted.round()
    expect(errors).toEqual([{ chains: [{ accountId: ctx.accountId, seq: 6 }] }])
    expect(await kinds(ctx)).toEqual(['edited'])
  })

  test('a cut gets no signature for what grows in its place', async () => {
    const ctx = await seenAccount()
    await cut(ctx)
    for (let i = 0; i < 4; i++) await grow(ctx)
    await checkpoints.run()
    const { body } = await front.as(ctx).send('GET /v1/audit/status')
    expect(body).toMatchObject({ unsigned: 5, lastCheckpoint: { seq: 3 } })
  })

  test('a past that was written anew gets no signature, wherever the database says that the last one stands', async () => {
    const [unsigned, forged] = [await seenAccount(), await seenAccount()]
    for (const ctx of [unsigned, forged]) {
      const { accountId } = ctx
      await query(`update events set name = 'nothing.happened' where account_id = $1 and chain_seq = 2`, [accountId])
      await rechain(accountId)
      await query('delete from audit_checkpoints where account_id = $1', [accountId])
      if (ctx === forged) await forge('checkpoint', (await read(accountId)).at(-1) as AuditEvent)
      await grow(ctx)
    }
    await checkpoints.run()
    for (const { accountId } of [unsigned, forged]) {
      const stored = await db.platform(superCtx(), (tx) => checkpointRepository(tx).all(accountId))
      expect(stored.filter(({ keyId }) => keyId === signer.keyId)).toEqual([])
    }
  })

  test('a whole chain that vanishes is missed, though it was never signed', async () => {
    const ctx = testCtx(await testAccount(database))
    await grow(ctx)
    await watch.round()
    for (const table of ['events', 'audit_chains'])
      await query(`delete from ${table} where account_id = $1`, [ctx.accountId])
    expect(await kinds(ctx)).toEqual(['truncated'])
  })

  test('one that the database says was pruned is missed all the same, and what retention removed is not', async () => {
    const [forged, honest] = [await seenAccount(), await seenAccount()]
    for (const { accountId } of [forged, honest]) {
      const last = (await read(accountId)).at(-1) as AuditEvent
      if (accountId === forged.accountId) await forge('anchor', last)
      else {
        const anchor = checkpoints.signed('anchor', accountId, { seq: last.seq, hash: last.hash })
        await db.platform(superCtx(), (tx) => checkpointRepository(tx).insert([anchor]))
      }
      await remove(accountId, 1, 6)
      await query('update audit_chains set pruned_seq = seq where account_id = $1', [accountId])
    }
    await grow(forged)
    await grow(honest)
    await watch.round()
    const kept = heads.read().filter(({ accountId }) => [forged.accountId, honest.accountId].includes(accountId))
    expect(new Map(kept.map(({ accountId, seq }) => [accountId, seq]))).toEqual(
      new Map([
        [forged.accountId, 6],
        [honest.accountId, 7],
      ]),
    )
  })

  test('an honest chain goes on and is signed', async () => {
    const ctx = await seenAccount()
    await grow(ctx)
    await watch.round()
    await checkpoints.run()
    expect(await online(ctx)).toMatchObject({ faultCount: 0, events: 7 })
    expect(statSync(heads.path).mode & 0o777).toBe(0o600)
  })
})

test('a chain that is broken gets no further signature', async () => {
  const ctx = await signedAccount(4)
  await db.tenant(ctx, ({ emit }) => emit('thing.made', { subject: { type: 'thing', id: 'thing_5', name: 'Thing' } }))
  await query(`update events set name = 'x.y' where account_id = $1 and chain_seq = 5`, [ctx.accountId])
  await checkpoints.run()
  const { body } = await front.as(ctx).send('GET /v1/audit/status')
  expect(body).toMatchObject({ events: 5, unsigned: 1, lastCheckpoint: { seq: 4 } })
})

test('every checkpoint stands in the file once, the private key is for its owner only and leaves by no answer', async () => {
  const ctx = await signedAccount(9)
  const lines = readFileSync(file.path, 'utf8')
    .split('\n')
    .filter((line) => line.includes(ctx.accountId))
  expect(lines.map((line) => JSON.parse(line).seq)).toEqual([4, 8, 9])
  const downloaded = await front.as(ctx).send('GET /v1/audit/checkpoints.jsonl')
  expect(
    downloaded.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(lines.map((line) => JSON.parse(line)))
  expect(statSync(join(dataDir, 'audit.key')).mode & 0o777).toBe(0o600)
  const { text } = await front.as(ctx).send('GET /v1/audit/status')
  expect(text).not.toContain(readFileSync(join(dataDir, 'audit.key'), 'utf8').trim())
  expect(JSON.parse(text).keys.map((key: { publicKey: string }) => key.publicKey)).toContain(signer.publicKey)
})
