import { permissions } from '@cockpit/contract/permissions'
import { expect, test } from 'vitest'
import { permissionsFor } from './index.ts'

test('a super admin may do everything, nobody may do nothing, and roles add up', () => {
  expect([...permissionsFor(['super_admin'])].sort()).toEqual([...permissions].sort())
  expect(permissionsFor([]).size).toBe(0)
  expect(permissionsFor(['end_user', 'account_admin'])).toEqual(permissionsFor(['account_admin']))
})

test.each([
  'account.read',
  'account.write',
  'account.delete',
  'budget.grant',
  'catalog.write',
  'model.eligibility',
] as const)('%s belongs to the platform: no role of an account holds it', (permission) => {
  expect(permissionsFor(['account_admin', 'end_user']).has(permission)).toBe(false)
})
