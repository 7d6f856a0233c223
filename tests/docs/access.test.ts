import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { accountRoles, platformRoles, type RoleName } from '@cockpit/contract/kit'
import {
  type Permission,
  permissionFacts,
  permissionSections,
  permissions,
  rolePermissions,
  sectionPermissions,
} from '@cockpit/contract/permissions'
import { expect, test } from 'vitest'

const file = path.resolve(import.meta.dirname, '../../docs/access.md')
const [begin, end] = ['<!-- roles × permissions: written by tests/docs/access.test.ts -->\n', '<!-- end -->']
const roles: readonly RoleName[] = [...platformRoles, ...accountRoles.filter((role) => role !== 'owner')]

const mark = (role: RoleName, permission: Permission) => {
  if (rolePermissions[role].has(permission)) return '✓'
  return sectionPermissions(role).includes(permission) ? '◐' : ''
}
const table = () => {
  const bySection = permissionSections.flatMap((section) =>
    permissions.filter((p) => permissionFacts[p].section === section),
  )
  const head = ['permission', 'what', 'risk', 'part', ...roles.map((role) => role.replaceAll('_', ' '))]
  const rows = bySection.map((permission) => {
    const { label, risk, delegable } = permissionFacts[permission]
    return [`\`${permission}\``, label, risk, delegable ? 'part' : '', ...roles.map((role) => mark(role, permission))]
  })
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

test('the table of roles in docs/access.md says what the roles hold', () => {
  const text = readFileSync(file, 'utf8')
  const [before = '', rest = ''] = text.split(begin)
  const after = rest.slice(rest.indexOf(end))
  const right = `${before}${begin}\n${table()}\n${after}`
  // UPDATE_DOCS=1 writes it
  if (process.env.UPDATE_DOCS) writeFileSync(file, right)
  expect(readFileSync(file, 'utf8')).toBe(right)
})
