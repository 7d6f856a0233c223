import { accountRoles, platformRoles, type RoleName } from '@cockpit/contract/kit'
import {
  accountPermissions,
  isDelegable,
  type Permission,
  permissionFacts,
  permissions,
  rolePermissions,
  sectionPermissions,
} from '@cockpit/contract/permissions'
import { describe, expect, test } from 'vitest'

const may = (role: RoleName) => [...rolePermissions[role]]
const changing = (permission: Permission) =>
  /\.(write|delete|grant|eligibility|select|manage|approve)$/.test(permission)
const changes = (role: RoleName) => may(role).filter((p) => changing(p) && !permissionFacts[p].own)

describe('the promises of the built-in roles', () => {
  test('a super admin may do everything', () => {
    expect(may('super_admin').sort()).toEqual([...permissions].sort())
  })
  test('support changes nothing', () => {
    expect(changes('support')).toEqual([])
  })
  test('an operator runs the platform and touches neither money nor anybody’s access', () => {
    expect(
      may('platform_operator').filter((p) => /^(budget\.(write|grant)|access\.write|account\.delete)/.test(p)),
    ).toEqual([])
  })
  test('an owner may do everything there is to do in an account, and an account admin as much', () => {
    expect(may('account_admin').sort()).toEqual([...accountPermissions].sort())
  })
  test('a billing admin changes budgets and nothing else', () => {
    expect(changes('billing_admin')).toEqual(['budget.write'])
  })
  test('a copilot admin touches no keys or providers, a console admin no budgets or selection', () => {
    expect(changes('copilot_admin').sort()).toEqual(['budget.write', 'directory.write', 'model.select'])
    expect(changes('console_admin').sort()).toEqual(['directory.write', 'key.write', 'provider.write'])
  })
  test('a team admin is a member, and somebody only in the teams delegated to them', () => {
    expect(may('team_admin').sort()).toEqual(may('member').sort())
    expect([...sectionPermissions('team_admin')].sort()).toEqual([
      'directory.read',
      'directory.write',
      'key.read',
      'key.write',
      'usage.read',
    ])
  })
  test('members and users change nothing but what is their own', () => {
    expect([...changes('member'), ...changes('end_user')]).toEqual([])
  })
  test.each(accountRoles)('%s holds nothing that belongs to the platform', (role) => {
    expect(may(role).filter((p) => permissionFacts[p].section === 'Platform')).toEqual([])
  })
  test.each([...accountRoles, ...platformRoles])('%s reaches a part only with what can be limited to one', (role) => {
    expect(sectionPermissions(role).filter((p) => !isDelegable(p))).toEqual([])
  })
})
