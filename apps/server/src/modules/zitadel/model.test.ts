import { expect, test } from 'vitest'
import { defaultMappings, roleKeysOf, roleOfKeys, standardRoles } from './model.ts'

test.each([
  [null, 'account_admin'],
  ['acme', 'acme_account_admin'],
  ['acme_', 'acme_account_admin'],
  ['acme.', 'acme.account_admin'],
])('the prefix %j makes %s', (prefix, key) => {
  expect(standardRoles(prefix)[0]?.key).toBe(key)
})

test('an owner counts as an account admin, a billing admin without a mapping as nothing', () => {
  expect(roleKeysOf('owner', { account_admin: 'boss' }, [])).toEqual(['boss'])
  expect(roleKeysOf('owner', {}, ['extra'])).toEqual(['account_admin', 'extra'])
  expect(roleKeysOf('billing_admin', { account_admin: 'boss' }, [])).toEqual([])
})

test('of several roles with one key the least is meant, of several keys the mightiest', () => {
  const mappings = defaultMappings(null)
  expect(roleOfKeys(['end_user'], mappings)).toBe('end_user')
  expect(roleOfKeys(['end_user', 'copilot_org_admin'], mappings)).toBe('copilot_admin')
  expect(roleOfKeys(['account_admin'], mappings)).toBe('account_admin')
  expect(roleOfKeys(['owned'], { owner: 'owned' })).toBeNull()
  expect(roleOfKeys(['cfo'], mappings)).toBeNull()
})
