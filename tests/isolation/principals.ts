/** Everybody who may knock: people of both accounts in every standing, programs, and forgers. */
import { createHmac, randomBytes } from 'node:crypto'
import type { AccountRole } from '@cockpit/contract/kit'
import { type Permission, rolePermissions, sectionPermissions } from '@cockpit/contract/permissions'
import { issueKey, password, type TestAccount } from '../support/account.ts'
import type { Reachable } from '../support/reach.ts'
import type { Query } from './catalog.ts'
import { type PlatformPerson, seenAs, signedIn } from './masks.ts'
import type { Programs } from './programs.ts'

/**
 * What the contract promises about a principal, told apart from what the server thinks of them.
 * `unknown`: nobody knows them, so every guarded route answers 401. `out`: known once and let in nowhere any more.
 * `stopped`: like `out`, with a session that nobody ended, which lets them do no more than sign out. `over`: saw the
 * product as somebody else, and is refused everywhere until they say that they know it is over.
 */
export type Standing =
  | 'unknown'
  | 'out'
  | 'stopped'
  | 'over'
  | {
      permissions: ReadonlySet<Permission>
      /** Held in one team alone. */
      part?: ReadonlySet<Permission>
      platform: boolean
      /** Sees the product as somebody else, and may only look, or change as well what is changed so. */
      asOther?: 'looking' | 'writing'
      /** A service account: it has roles in an account without being a member of it. */
      program?: true
    }

export type Principal = {
  name: string
  headers: Record<string, string>
  standing: Standing
  /** Comes in anew when it is time: a proof lasts a quarter of an hour, a mask twice that. Whether it was time. */
  renew?: () => Promise<boolean>
}

/** Who comes in, and the way to do so again; their headers are the same object with what is in force now. */
const lasting = async (
  comeIn: () => Promise<Record<string, string>>,
): Promise<Pick<Principal, 'headers' | 'renew'>> => {
  const headers = await comeIn()
  let since = Date.now()
  const renew = async () => {
    if (Date.now() - since < freshForMs) return false
    Object.assign(headers, await comeIn())
    since = Date.now()
    return true
  }
  return { headers, renew }
}
const freshForMs = 8 * 60_000

export type Party = {
  account: TestAccount
  ids: Record<string, string>
  keySecret: string
  canary: string
  /** A model that its keys may call. */
  modelName: string
  /** Settings that no other account has, as answers show them. */
  settings: readonly string[]
  programs: Programs
}

const sameOrigin = { 'sec-fetch-site': 'same-origin' }

export type Around = {
  /** A third account, where one of them works too. */
  elsewhere: TestAccount
  /** People of the platform, who stand in this account. */
  platform: Record<'support' | 'super_admin', PlatformPerson>
  query?: Query | undefined
}

export const openPrincipals = async (
  cockpit: Reachable,
  { account, ids, keySecret, programs }: Party,
  { elsewhere, platform, query }: Around,
): Promise<Principal[]> => {
  const { api, tag } = account
  const signIn = (email: string) => signedIn(cockpit, email, password)
  const join = async (name: string, role: AccountRole) => {
    const email = `${name.replaceAll(' ', '-')}-${tag}@example.com`
    const user = await api.users.create({ body: { email, name, role, password } })
    return { user, headers: await signIn(email) }
  }
  const working = (email: string) => lasting(() => signIn(email))
  const withRole = async (name: string, role: AccountRole): Promise<Principal> => ({
    name,
    ...(await working((await join(name, role)).user.email)),
    standing: { permissions: rolePermissions[role], platform: false },
  })

  const mask = async (
    name: string,
    by: keyof typeof platform,
    role: 'member' | 'account_admin',
    asOther: 'looking' | 'writing',
  ): Promise<Principal> => {
    const { user } = await join(`${role} seen ${asOther} by ${by}`, role)
    const look = () => seenAs(cockpit, { person: platform[by], userId: user.id, asOther })
    const standing = { permissions: rolePermissions[role], platform: false, asOther }
    return { name, ...(await lasting(look)), standing }
  }
  const unseen = await join('seen no longer', 'member')
  const over = await seenAs(cockpit, { person: platform.support, userId: unseen.user.id, asOther: 'writing' })
  await api.users.remove({ params: { id: unseen.user.id } })

  const leader = await join('leads a team', 'end_user')
  const scope = { type: 'team', id: ids.team ?? '' } as const
  await api.roleAssignments.create({
    body: { principal: { kind: 'user', id: leader.user.id }, role: 'team_admin', scope },
  })

  const suspended = await join('suspended', 'account_admin')
  await api.users.update({ params: { id: suspended.user.id }, body: { status: 'suspended' } })
  // whose session goes on, because they work elsewhere: what keeps them out here is their membership alone
  const both = await atWorkElsewhere(account, elsewhere)
  const removed = await join('removed', 'account_admin')
  await api.users.remove({ params: { id: removed.user.id } })
  // whoever is stopped loses their sessions; the second line is that a session which is left opens nothing either
  const left = await join('suspended with a session', 'account_admin')
  await api.users.update({ params: { id: left.user.id }, body: { status: 'suspended' } })
  await query?.('update sessions set ended_at = null where user_id = $1', [left.user.id])
  const signedOut = await join('signed out', 'account_admin')
  await cockpit.send('DELETE /v1/sessions/current', { headers: signedOut.headers })
  const idle = await join('session that ran out', 'account_admin')
  await query?.('update sessions set expires_at = now() where user_id = $1', [idle.user.id])
  const revoked = await issueKey(cockpit, account)
  await api.keys.revoke({ params: { id: revoked.id } })

  return [
    await withRole('end user', 'end_user'),
    await withRole('member', 'member'),
    await withRole('team admin', 'team_admin'),
    await withRole('billing admin', 'billing_admin'),
    {
      name: 'account admin',
      ...(await working(account.email)),
      standing: { permissions: rolePermissions.account_admin, platform: false },
    },
    {
      name: 'virtual key',
      headers: { authorization: `Bearer ${keySecret}` },
      standing: { permissions: new Set(['model.read', 'usage.read_own']), platform: false },
    },
    {
      name: 'platform support',
      ...(await lasting(platform.support.session)),
      standing: { permissions: rolePermissions.support, platform: true },
    },
    await mask('support as a member', 'support', 'member', 'looking'),
    await mask('support as a member who may write', 'support', 'member', 'writing'),
    await mask('super admin as an admin', 'super_admin', 'account_admin', 'looking'),
    await mask('super admin as an admin who may write', 'super_admin', 'account_admin', 'writing'),
    await mask('super admin as a member who may write', 'super_admin', 'member', 'writing'),
    { name: 'support as somebody who was removed', headers: over, standing: 'over' },
    {
      name: 'admin of a team',
      ...(await working(leader.user.email)),
      standing: {
        permissions: rolePermissions.end_user,
        part: new Set(sectionPermissions('team_admin')),
        platform: false,
      },
    },
    {
      ...bearer('service account', programs.client.token),
      standing: { permissions: rolePermissions.account_admin, platform: false, program: true },
    },
    ...Object.entries(programs.client.endedTokens).map(([why, token]) =>
      bearer(`token of a client credential that is ${why}`, token),
    ),
    bearer(scimTokenName, programs.scim.secret),
    { name: 'suspended admin', headers: suspended.headers, standing: 'out' },
    { name: 'suspended admin with a session', headers: left.headers, standing: query ? 'stopped' : 'out' },
    { name: 'removed admin', headers: removed.headers, standing: 'out' },
    {
      name: 'admin who is suspended here and asks for this account',
      ...(await lasting(async () => ({ ...(await signIn(both)), 'x-account-id': account.id }))),
      standing: { permissions: rolePermissions.end_user, platform: false },
    },
    { name: 'ended session', headers: signedOut.headers, standing: 'unknown' },
    ...(query ? [{ name: 'session that ran out', headers: idle.headers, standing: 'unknown' as const }] : []),
    bearer('revoked key', revoked.secret),
    bearer('expired key', programs.expiredKey),
  ]
}

/** The e-mail of a person of the platform's making, at work in one account and a suspended admin of another. */
const atWorkElsewhere = async ({ api, tag }: TestAccount, elsewhere: TestAccount) => {
  const person = { email: `both-${tag}@example.com`, name: 'Both', password }
  await elsewhere.api.users.create({ body: { ...person, role: 'end_user' } })
  const { id } = await api.users.create({ body: { ...person, role: 'account_admin' } })
  await api.users.update({ params: { id }, body: { status: 'suspended' } })
  return person.email
}

/** Opens the protocol of identity sources and nothing else. */
export const scimTokenName = 'SCIM token'

const bearer = (name: string, token: string): Principal => ({
  name,
  headers: { authorization: `Bearer ${token}` },
  standing: 'unknown',
})

/** Who belongs to no account: a stranger, and tokens that somebody made up about an admin of the account. */
export const forgers = ({ account }: Party): Principal[] => {
  const claims = {
    iss: 'https://issuer.example.com',
    aud: 'cockpit',
    sub: account.admin.id,
    email: account.email,
    email_verified: true,
    account_id: account.id,
    exp: Math.floor(Date.now() / 1000) + 3600,
    roles: ['super_admin'],
  }
  return [
    { name: 'anonymous', headers: {}, standing: 'unknown' },
    bearer('made-up key', `ck_${randomBytes(24).toString('base64url')}`),
    bearer('token with alg none', `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`),
    bearer('token signed with a public text', hmacToken(claims, 'https://issuer.example.com/oauth/v2/keys')),
    bearer('account id as a token', account.id),
    {
      name: 'made-up break-glass session',
      headers: { cookie: `__Host-cockpit=bgl_${'a'.repeat(43)}`, ...sameOrigin },
      standing: 'unknown',
    },
    {
      name: 'made-up session',
      headers: { cookie: `__Host-cockpit=${'a'.repeat(43)}`, ...sameOrigin },
      standing: 'unknown',
    },
  ]
}

/** The key of the installation, working in one account: it must not reach into another one from there. */
export const superAdminIn = ({ account }: Party, masterKey: string): Principal => ({
  name: 'super admin',
  headers: { authorization: `Bearer ${masterKey}`, 'x-account-id': account.id },
  standing: { permissions: rolePermissions.super_admin, platform: true },
})

/** Whoever broke the glass, working in one account; like any super admin, they reach into no other one from there. */
export const breakGlassIn = async (cockpit: Reachable, { account }: Party, code: string): Promise<Principal> => {
  const body = { code, reason: 'Isolation is proven.' }
  const answer = await cockpit.send('POST /v1/break-glass', { body, headers: sameOrigin })
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0]
  if (answer.status !== 201 || !cookie) throw new Error(`the glass does not break: ${answer.text}`)
  return {
    name: 'break-glass administrator',
    headers: { cookie, ...sameOrigin, 'x-account-id': account.id },
    standing: { permissions: rolePermissions.super_admin, platform: true },
  }
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const hmacToken = (claims: object, secret: string) => {
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
