import { randomBytes } from 'node:crypto'
import type { IdentityClaims } from '@cockpit/policy'
import { expect, test } from 'vitest'
import { newId, systemCtx } from '../../../platform/index.ts'
import { eventsOf, testAccount, testDatabase } from '../../../platform/testing.ts'
import { createKeepAdmin } from '../../access/index.ts'
import { createAddresses } from '../addresses.ts'
import { type Arranged, reconcileCases } from './reconcile.testing.ts'
import { createResolution, type SignInOptions, standardClaimRules } from './service.ts'

const issuer = 'https://id.example.com'
const database = await testDatabase()
const { db, query } = database

const arranged = async () => {
  const tag = randomBytes(5).toString('hex')
  const resolution = createResolution({
    now: () => new Date(),
    rules: { ...standardClaimRules, platformOrgId: `platform-${tag}` },
    addresses: createAddresses({ now: () => new Date(), forgetFactors: async () => {} }),
    vouches: async () => true,
    keepAdmin: createKeepAdmin({ now: () => new Date(), installationLetsIn: true }),
  })
  const acme = await testAccount(database, 'Acme')
  const globex = await testAccount(database, 'Globex')
  const platform = <T>(work: Parameters<typeof db.platform<T>>[1]) => db.platform(systemCtx('test'), work)
  const signIn = (claims: Partial<IdentityClaims>, options?: SignInOptions) =>
    platform((tx) =>
      resolution.signInWith(
        tx,
        {
          issuer,
          subject: `sub-${tag}`,
          email: null,
          emailVerified: false,
          name: 'Ada',
          orgId: null,
          orgName: null,
          roles: [],
          accountClaim: null,
          ...claims,
        },
        options,
      ),
    )
  const link = (accountId: string, orgId: string) =>
    platform((tx) => resolution.linkOrg(tx, { accountId, issuer, orgId }))
  const person = async (email: string) => {
    const id = newId('usr', new Date())
    await query(`insert into users (id, email, name, created_at) values ($1, $2, 'Ada', now())`, [id, email])
    return id
  }
  const join = (accountId: string, userId: string, role: string, source = 'manual') =>
    query(
      `insert into memberships (account_id, user_id, role, source, created_at) values ($1, $2, $3, $4, clock_timestamp())`,
      [accountId, userId, role, source],
    )
  const email = `ada@${tag}.example`
  await link(acme, `acme-${tag}`)
  await link(globex, `globex-${tag}`)
  const theirs = 'user_id = (select user_id from user_identities where subject = $2)'
  const world: Arranged = {
    acme,
    globex,
    acmeOrg: `acme-${tag}`,
    globexOrg: `globex-${tag}`,
    platformOrg: `platform-${tag}`,
    email,
    member: async (accountId, role, source) => void (await join(accountId, await person(email), role, source)),
    async came(claims) {
      expect(await signIn(claims)).toMatchObject({ kind: 'known' })
    },
    async set(accountId, { role, status }) {
      await query(
        `update memberships set role = coalesce($3, role), status = coalesce($4, status) where account_id = $1 and ${theirs}`,
        [accountId, `sub-${tag}`, role ?? null, status ?? null],
      )
    },
    anotherAdmin: async (accountId) =>
      void (await join(
        accountId,
        await person(`other@${tag}.example`),
        accountId === 'platform' ? 'super_admin' : 'account_admin',
      )),
    verifyDomain: async (accountId) =>
      void (await query(
        `insert into account_domains (account_id, domain, token, verified_at, created_at) values ($1, $2, 't', now(), now())`,
        [accountId, `${tag}.example`],
      )),
    async moveOrg(orgId, from, to) {
      await platform((tx) => resolution.unlinkOrg(tx, from, issuer))
      await platform((tx) => resolution.linkOrg(tx, { accountId: to, issuer, orgId }))
    },
  }
  const standing = async (accountId: string) => {
    const rows = await query<{ text: string }>(
      `select role || ' ' || status || ' ' || source as text from memberships m join users u on u.id = m.user_id
       where account_id = $1 and (u.email = $3 or ${theirs})`,
      [accountId, `sub-${tag}`, email],
    )
    return rows[0]?.text
  }
  return { ...world, tag, resolution, signIn, standing, platform }
}

test.each(reconcileCases)('$before $comes: $after', async ({ arrange, claims, options, expects }) => {
  const at = await arranged()
  await arrange?.(at)
  const before = [await at.standing(at.acme), await at.standing(at.globex), await at.standing('platform')]
  const found = await at.signIn(claims(at), options?.(at))
  if ('refused' in expects) {
    expect(found).toMatchObject({ kind: 'refused', reason: expects.refused })
    expect([await at.standing(at.acme), await at.standing(at.globex), await at.standing('platform')]).toEqual(before)
    return
  }
  expect(found.kind).toBe('known')
  expect({
    acme: await at.standing(at.acme),
    globex: await at.standing(at.globex),
    platform: await at.standing('platform'),
  }).toEqual({ acme: undefined, globex: undefined, platform: undefined, ...expects })
})

test('a token is worth no more than it says, whatever an earlier sign-in gave', async () => {
  const at = await arranged()
  await at.came({
    orgId: at.acmeOrg,
    roles: [
      { key: 'account_admin', orgIds: [at.acmeOrg] },
      { key: 'super_admin', orgIds: [at.platformOrg] },
    ],
  })
  const found = await at.signIn({ orgId: at.acmeOrg }, { by: 'token' })
  if (found.kind !== 'known') throw new Error(found.detail)
  expect(Object.fromEntries(found.claimed)).toEqual({ [at.acme]: 'end_user', platform: null })
})

test('two first requests at once make one person and one membership', async () => {
  const at = await arranged()
  const found = await Promise.all([1, 2, 3, 4].map(() => at.signIn({ orgId: at.acmeOrg }, { by: 'token' })))
  const ids = found.map((one) => (one.kind === 'known' ? one.person.id : one.reason))
  expect(new Set(ids).size).toBe(1)
  expect(found.filter((one) => one.kind === 'known' && one.created)).toHaveLength(1)
})

test('the story of an account tells who joined it, by what proof', async () => {
  const at = await arranged()
  await at.came({ orgId: at.acmeOrg })
  expect(await eventsOf(database, at.acme)).toEqual(['user.identity_linked', 'user.added'])
  const [event] = await query<{ after: { source: string; provenance: object } }>(
    `select after from events where account_id = $1 and name = 'user.added'`,
    [at.acme],
  )
  expect(event?.after).toMatchObject({
    source: 'sso',
    provenance: { via: 'zitadel_org', proof: `org:${issuer}:${at.acmeOrg}`, role: 'end_user' },
  })
})

test('a membership that is repaired tells what proves it now, what did before, and why', async () => {
  const at = await arranged()
  const { acme, globex, acmeOrg } = at
  const repairs = (accountId: string) =>
    query(`select before, after, reason from events where account_id = $1 and name = 'user.updated' order by seq`, [
      accountId,
    ])
  await at.came({ orgId: acmeOrg })
  await at.came({ orgId: acmeOrg, roles: [{ key: 'account_admin', orgIds: [acmeOrg] }] })
  const proof = { via: 'zitadel_org', proof: `org:${issuer}:${acmeOrg}` }
  expect(await repairs(acme)).toMatchObject([
    {
      before: { role: 'end_user', provenance: { ...proof, role: 'end_user' } },
      after: { role: 'account_admin', status: 'active', provenance: { ...proof, role: 'account_admin' } },
      reason: 'The identity provider says so.',
    },
  ])
  await at.anotherAdmin(acme)
  await at.moveOrg(acmeOrg, acme, globex)
  await at.came({ orgId: acmeOrg })
  expect((await repairs(acme)).at(-1)).toMatchObject({
    before: { status: 'active' },
    after: { status: 'suspended', provenance: { ...proof, ended: true } },
    reason: 'What made them a member no longer does.',
  })
  const [joined] = await query(`select after from events where account_id = $1 and name = 'user.added'`, [globex])
  expect(joined).toMatchObject({ after: { source: 'sso', provenance: { ...proof, role: 'end_user' } } })
})

test('an unverified e-mail is nobody’s address here', async () => {
  const at = await arranged()
  const found = await at.signIn({ orgId: at.acmeOrg, email: at.email })
  if (found.kind !== 'known') throw new Error(found.detail)
  expect(found.person.email).toMatch(new RegExp(`^sub-${at.tag}-[0-9a-f]{12}@id\\.example\\.com\\.invalid$`))
})

test('whoever was made elsewhere and comes by the provider of their domain leaves the password behind that others chose', async () => {
  const at = await arranged()
  await at.member(at.globex, 'end_user')
  await query(`update users set password_hash = 'known to globex' where email = $1`, [at.email])
  await at.verifyDomain(at.acme)
  const found = await at.signIn({ orgId: at.acmeOrg, email: at.email, emailVerified: true })
  expect(found).toMatchObject({ kind: 'known', accountId: at.acme, created: false })
  const proof = async () =>
    (await query('select password_hash, email_verified_at from users where email = $1', [at.email]))[0]
  expect(await proof()).toEqual({ password_hash: null, email_verified_at: expect.any(Date) })
  expect(await eventsOf(database, at.globex)).toContain('user.ways_in_closed')
  await query(`update users set password_hash = 'their own' where email = $1`, [at.email])
  await at.signIn({ orgId: at.acmeOrg, email: at.email, emailVerified: true })
  expect(await proof()).toMatchObject({ password_hash: 'their own' })
})

test('what an account’s own provider calls somebody is not what the installation’s provider calls them', async () => {
  const at = await arranged()
  await at.came({ orgId: at.globexOrg, roles: [{ key: 'account_admin', orgIds: [at.globexOrg] }] })
  const found = await at.signIn({}, { issuerAccount: at.acme })
  expect(found).toMatchObject({ kind: 'known', accountId: at.acme, restrictedTo: at.acme, created: true })
})

test('an org is one account, and no account is the platform’s', async () => {
  const at = await arranged()
  const link = (accountId: string) =>
    at.platform((tx) => at.resolution.linkOrg(tx, { accountId, issuer, orgId: at.acmeOrg }))
  await expect(link(at.globex)).rejects.toThrow('Another account is this organisation')
  await expect(link('platform')).rejects.toThrow('no account')
})
