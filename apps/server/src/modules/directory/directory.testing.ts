/** Companies with a directory behind the real front door. For tests. */
import { type Actor, createSealing, newId, type Tx } from '../../platform/index.ts'
import { superCtx, testAccount, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { createKeepAdmin, createRefuseHigherProgram, createRightsOf } from '../access/index.ts'
import { createIdentity } from '../identity/index.ts'
import { createMfa } from '../mfa/index.ts'
import { createDirectory, directoryHandlers } from './index.ts'

export const database = await testDatabase()
export const { db, query } = database
const now = () => new Date()
const { people, locks } = createIdentity({
  db,
  now,
  publicUrl: 'http://localhost:4000',
  masterKey: undefined,
  findKey: async () => null,
  rightsOf: createRightsOf({ now }),
  keepAdmin: createKeepAdmin({ now, installationLetsIn: false }),
  factors: createMfa({ db, now, secrets: createSealing(Buffer.alloc(32, 7)), publicUrl: 'http://localhost:4000' })
    .factors,
})
export const allocated = new Set<string>()
export const revoked: object[] = []
export const signedOut: string[] = []
export const directory = createDirectory({
  db,
  now,
  people,
  revokeKeysOf: async (_tx: Tx, owner) => void revoked.push(owner),
  endSessionsOf: async (_tx: Tx, userId) => void signedOut.push(userId),
  forgetRunsOf: async () => 0,
  closeInvitesOf: async () => {},
  lockedIn: locks.idsIn,
  hasAllocation: async (_tx, { id }) => allocated.has(id),
  refuseHigherProgram: createRefuseHigherProgram({ now }),
})
export const front = testFront(directoryHandlers(directory))

export const company = async (name?: string) => {
  const accountId = await testAccount(database, name)
  await db.platform(superCtx(accountId), (tx) => directory.seedDirectory(tx))
  return { accountId, ...front.as(testCtx(accountId)) }
}
export type Company = Awaited<ReturnType<typeof company>>
export const email = () => `${newId('p', now())}@example.com`
export const person = async (acme: Company, more: object = {}) =>
  (await acme.send('POST /v1/users', { email: email(), name: 'Ada', ...more })).body
export const team = async (acme: Company, name = 'Support', more: object = {}) =>
  (await acme.send('POST /v1/teams', { name, ...more })).body
/** As if it had been shown that the e-mail is theirs. */
export const prove = ({ id }: { id: string }) => query('update users set email_verified_at = now() where id = $1', [id])
/** As if a synchronisation had made the membership. */
export const synchronise = (acme: Company, userId: string, source: 'sso' | 'scim' = 'scim') =>
  query('update memberships set source = $3 where account_id = $1 and user_id = $2', [acme.accountId, userId, source])
/** The same company through the eyes of one of its people. */
export const asPerson = (
  acme: Company,
  id: string,
  differs: Parameters<typeof testCtx>[1] = {},
  delegated: Actor['delegated'] = new Map(),
) => {
  const ctx = testCtx(acme.accountId, differs)
  return front.as({ ...ctx, actor: { ...ctx.actor, id, delegated } })
}
export const missingId = (prefix: string) => `${prefix}_0190f5c27d7a7c3e8f00aa11bb22cc33`
export const withoutRequest = (text: string) => text.replace(/"requestId":"[^"]*"/, '')
