/** Who a call acts as, for whom, and whether they may call at all. */
import type { AccountSlice, SliceKey } from '@cockpit/contract/snapshot'
import type { TracePlan } from '@cockpit/contract/usage-record'
import type { Book } from './book.ts'
import { refuse, type ScopeRef } from './denial.ts'
import { accountDenial, ownerDenial } from './standing.ts'
import { dayOf } from './words.ts'
import type { AccountWorld } from './world.ts'

/** Who a call acts as. */
export type Principal =
  | { kind: 'key'; key: SliceKey }
  | { kind: 'user'; user: AccountSlice['users'][number] }
  | { kind: 'service_account'; serviceAccount: AccountSlice['serviceAccounts'][number] }

/** Whose call it is: the person or service account behind it, and where they stand. */
export type Owner = {
  userId: string | null
  serviceAccountId: string | null
  teamId: string | null
  orgId: string | null
}

export const ownerOf = (account: AccountWorld, principal: Principal): Owner => {
  const owner = principal.kind === 'key' ? principal.key.owner : { kind: principal.kind, id: idOf(principal) }
  const user = owner.kind === 'user' ? account.users.get(owner.id) : undefined
  const serviceAccount = owner.kind === 'service_account' ? account.serviceAccounts.get(owner.id) : undefined
  const ownTeam = user ? (user.teamIds[0] ?? null) : (serviceAccount?.teamId ?? null)
  const teamId = (principal.kind === 'key' ? principal.key.teamId : null) ?? ownTeam
  return {
    userId: owner.kind === 'user' ? owner.id : null,
    serviceAccountId: owner.kind === 'service_account' ? owner.id : null,
    teamId,
    orgId: (teamId && account.teams.get(teamId)?.orgId) ?? null,
  }
}

export const judgePrincipal = (account: AccountWorld, principal: Principal, owner: Owner, book: Book, now: number) => {
  const { id, name } = account.slice.account
  const person = owner.userId ? account.users.get(owner.userId) : undefined
  const service = owner.serviceAccountId ? account.serviceAccounts.get(owner.serviceAccountId) : undefined
  const wrong = ownerDenial(account, {
    kind: owner.userId ? 'user' : 'service_account',
    id: owner.userId ?? owner.serviceAccountId ?? '',
  })
  if (wrong && person) book.deny('principal', 'user.status', `user ${person.id}`, wrong)
  else if (wrong) book.deny('principal', 'owner.exists', `account ${id}`, wrong)
  else
    book.allow(
      'principal',
      'owner.exists',
      `account ${id}`,
      `Acts as ${person ? 'user' : 'service account'} '${person?.name ?? service?.name}'`,
    )
  const suspended = accountDenial(account)
  if (suspended) book.deny('account', 'account.status', `account ${id}`, suspended)
  else book.allow('account', 'account.status', `account ${id}`, `Account '${name}' is active`)
  if (principal.kind === 'key') judgeKey(principal.key, book, now)
}

const judgeKey = (key: SliceKey, book: Book, now: number) => {
  const scope: ScopeRef = { type: 'key', id: key.id, name: key.name }
  book.until(key.expiresAt)
  book.until(key.previousValidUntil)
  if (key.revokedAt !== null)
    book.deny('key', 'key.status', `key ${key.id}`, refuse('key.revoked', `Key '${key.name}' was revoked.`, scope))
  else if (key.expiresAt !== null && key.expiresAt <= now)
    book.deny(
      'key',
      'key.expiry',
      `key ${key.id}`,
      refuse('key.expired', `Key '${key.name}' expired on ${dayOf(key.expiresAt, 'UTC')}.`, scope),
    )
  else
    book.allow(
      'key',
      'key.status',
      `key ${key.id}`,
      `Key '${key.name}' is active${key.expiresAt ? ` until ${dayOf(key.expiresAt, 'UTC')}` : ''}`,
    )
}

export const describe = (principal: Principal): TracePlan['principal'] => {
  if (principal.kind === 'key') return { kind: 'key', id: principal.key.id, name: principal.key.name }
  if (principal.kind === 'user') return { kind: 'user', id: principal.user.id, name: principal.user.name }
  return { kind: 'service_account', id: principal.serviceAccount.id, name: principal.serviceAccount.name }
}

const idOf = (principal: Exclude<Principal, { kind: 'key' }>) =>
  principal.kind === 'user' ? principal.user.id : principal.serviceAccount.id
