import { contract } from '@cockpit/contract'
import type { Route } from '@cockpit/contract/kit'
import { permissions, rolePermissions } from '@cockpit/contract/permissions'
import { describe, expect, test } from 'vitest'
import { admission, type Caller } from './admission.ts'

const routes: Route[] = Object.values(contract as Record<string, Record<string, Route>>).flatMap((noun) =>
  Object.values(noun),
)
const admin: Caller = {
  permissions: rolePermissions.account_admin,
  delegated: new Map(),
  isPlatform: false,
  accountId: 'acc_1',
  impersonated: null,
}
const code = (route: Route, caller: Caller) => admission(route, caller).refused?.code ?? null

describe('while one sees the product as somebody else', () => {
  const everything = new Set(permissions)
  const looking: Caller = { ...admin, permissions: everything, impersonated: { writes: false } }
  const acting: Caller = { ...looking, impersonated: { writes: true } }
  const changes = (route: Route) => route.method !== 'GET' && !route.changesNothing

  test('nothing can be changed unless that was asked for', () => {
    const changed = routes.filter((r) => changes(r) && r.asOther !== 'always' && r.permission !== 'public')
    expect(changed.length).toBeGreaterThan(30)
    expect(changed.filter((route) => code(route, looking) === null).map(({ path }) => path)).toEqual([])
  })

  test('no key, secret, invitation, session, password, second factor or further mask can be touched even then', () => {
    const touching =
      /key|secret|rotate|invite|session|password|mfa|passkey|totp|recovery|step-up|imperson|sso|token|roles|role-|deny|platform-people/
    const touched = routes.filter(
      (r) => changes(r) && r.permission !== 'public' && touching.test(r.path) && r.asOther !== 'always',
    )
    expect(touched.length).toBeGreaterThan(10)
    expect(touched.filter((route) => code(route, acting) === null).map((r) => `${r.method} ${r.path}`)).toEqual([])
  })

  test('whoever looks can leave, by either address', () => {
    for (const route of [contract.auth.signOut, contract.identity.signOut]) {
      expect([code(route, looking), code(route, acting)], route.path).toEqual([null, null])
      expect(route, route.path).toMatchObject({ fromAnywhere: true })
    }
  })

  test('what was allowed before the mask decides no more: the rules of the person seen do', () => {
    const asUser: Caller = { ...admin, permissions: rolePermissions.end_user, impersonated: { writes: true } }
    const create = contract.teams.create
    expect([code(create, acting), code(create, asUser)]).toEqual([null, 'access.denied'])
  })
})

describe('a permission held in a part', () => {
  const part = new Map([['usage.read', { orgIds: [], teamIds: ['team_a'] }]] as const)
  const leader: Caller = { ...admin, permissions: rolePermissions.end_user, delegated: part }
  test('lets in where the route narrows what it answers, and nowhere else', () => {
    expect(code(contract.usage.breakdown, leader)).toBe(null)
    expect(code({ ...contract.usage.breakdown, delegable: undefined } as unknown as Route, leader)).toBe(
      'access.denied',
    )
    expect(code(contract.budgets.ledger, leader)).toBe('access.denied')
  })
})
