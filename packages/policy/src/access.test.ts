import { type Permission, rolePermissions } from '@cockpit/contract/permissions'
import { describe, expect, test } from 'vitest'
import { type AccessFacts, accessOf, type Denial, type Grant, isBoundBy, rightsIn } from './access.ts'
import { asWritten, mightDo } from './writer.ts'

const at = new Date('2026-06-01T12:00:00Z')
const hour = (offset: number) => new Date(at.getTime() + offset * 3_600_000)
const team = { orgIds: [], teamIds: ['team_a'] }
const org = { orgIds: ['org_x'], teamIds: ['team_a', 'team_b'] }

const grant = (permissions: Permission[], differs: Partial<Grant> = {}): Grant => ({
  via: 'assignment',
  id: 'ras_1',
  role: 'rol_1',
  roleName: 'Role',
  permissions,
  reach: 'all',
  startsAt: null,
  expiresAt: null,
  ...differs,
})
const rule = (permissions: Permission[], differs: Partial<Denial> = {}): Denial => ({
  id: 'dny_1',
  subject: { kind: 'everyone' },
  permissions,
  reason: 'because',
  expiresAt: null,
  ceiling: null,
  ...differs,
})
const rights = (grants: Grant[], denials: Denial[] = []) => {
  const facts: AccessFacts = { principal: { kind: 'user', id: 'usr_ada' }, grants, denials }
  return rightsIn(accessOf(facts, at))
}

describe('what somebody may do', () => {
  test('is the union of what their roles allow', () => {
    const { permissions } = rights([grant(['key.read']), grant(['usage.read', 'key.read'])])
    expect([...permissions].sort()).toEqual(['key.read', 'usage.read'])
  })

  test.each<[string, Partial<Grant>, boolean]>([
    ['before it begins', { startsAt: hour(1) }, false],
    ['from its first instant', { startsAt: at }, true],
    ['until just before its end', { expiresAt: hour(1) }, true],
    ['from its last instant on', { expiresAt: at }, false],
  ])('a role counts %s: %o → %s', (_when, times, counts) => {
    expect(rights([grant(['key.read'], times)]).permissions.has('key.read')).toBe(counts)
  })

  test('for a part reaches that part, for several their union, and for the whole account everything', () => {
    expect(rights([grant(['key.read'], { reach: team })]).permissions.size).toBe(0)
    expect(rights([grant(['key.read'], { reach: team })]).delegated.get('key.read')).toEqual(team)
    const both = rights([grant(['key.read'], { reach: team }), grant(['key.read'], { reach: org })])
    expect(both.delegated.get('key.read')).toEqual(org)
    const wide = rights([grant(['key.read'], { reach: team }), grant(['key.read'])])
    expect([wide.permissions.has('key.read'), wide.delegated.has('key.read')]).toEqual([true, false])
  })

  test.each<[string, Partial<Denial>, boolean]>([
    ['everyone', {}, true],
    ['a role they hold', { subject: { kind: 'role', id: 'rol_1' } }, true],
    ['a role they do not hold', { subject: { kind: 'role', id: 'rol_2' } }, false],
    ['them', { subject: { kind: 'user', id: 'usr_ada' } }, true],
    ['somebody else', { subject: { kind: 'user', id: 'usr_bob' } }, false],
    ['a program of their id', { subject: { kind: 'service_account', id: 'usr_ada' } }, false],
    ['everyone, until a moment ago', { expiresAt: at }, false],
  ])('is less what a rule takes from %s, however many roles give it', (_whom, differs, taken) => {
    const grants = [grant(['key.read', 'usage.read']), grant(['key.read']), grant(['key.read'], { reach: team })]
    const { permissions, delegated } = rights(grants, [rule(['key.read'], differs)])
    expect(permissions.has('key.read')).toBe(!taken)
    expect(delegated.has('key.read')).toBe(false)
    expect(permissions.has('usage.read')).toBe(true)
  })

  test.each<[string, Permission[], boolean]>([
    ['may do all of it', ['key.read', 'usage.read'], true],
    ['has things of their own beside', ['key.read', 'usage.read_own'], true],
    ['may do one thing more, in a part only', ['key.read', 'audit.read'], true],
    ['may do what any member may', ['key.read', 'catalog.read'], true],
  ])('a rule that says what its writer might do binds who %s: %o → %s', (_who, theirs, bound) => {
    const ceiling = mightDo(['key.read', 'usage.read', 'access.write'])
    const facts: AccessFacts = {
      principal: { kind: 'user', id: 'usr_ada' },
      grants: [grant(['key.read']), grant(theirs, { reach: team })],
      denials: [rule(['key.read'], { ceiling })],
    }
    expect(rightsIn(accessOf(facts, at)).permissions.has('key.read')).toBe(!bound)
    expect(isBoundBy('dny_1', facts, at)).toBe(bound)
  })

  test('a rule leaves out who may do one thing more everywhere, and takes from others only what its writer might do', () => {
    const ceiling = mightDo(['key.read', 'access.write'])
    const denials = [rule(['key.read', 'directory.write'], { ceiling })]
    expect(rights([grant(['key.read', 'audit.read'])], denials).permissions.has('key.read')).toBe(true)
    const inPart = grant(['directory.write', 'key.read'], { reach: team })
    expect([...rights([grant(['key.read']), inPart], denials).delegated.keys()]).toEqual(['directory.write'])
  })

  test.each(['account_admin', 'member'] as const)(
    'a rule binds %s as before when a later release lets them do more, and one of a lesser writer still leaves admins out',
    (role) => {
      const more = new Set<Permission>([...rolePermissions[role], 'identity.diagnose'])
      const later = { ...rolePermissions, [role]: more }
      const written = asWritten(rolePermissions.account_admin)
      const held = grant([...more, 'usage.read'])
      const denials = [rule(['usage.read'], { ceiling: mightDo(written, later) })]
      expect(rights([held], denials).permissions.has('usage.read')).toBe(false)
      const lesser = asWritten(new Set<Permission>(['usage.read', 'access.write', ...rolePermissions.member]))
      const by = [rule(['usage.read'], { ceiling: mightDo(lesser, later) })]
      expect(rights([held], by).permissions.has('usage.read')).toBe(role === 'account_admin')
    },
  )

  test('ends with the last role that gives it everywhere, if each of them ends', () => {
    const ends = (...grants: Grant[]) => rights(grants).until?.get('key.read')
    expect(ends(grant(['key.read'], { expiresAt: hour(1) }), grant(['key.read'], { expiresAt: hour(2) }))).toEqual(
      hour(2),
    )
    expect(ends(grant(['key.read'], { expiresAt: hour(1) }), grant(['key.read']))).toBeUndefined()
    expect(ends(grant(['key.read'], { expiresAt: hour(1) }), grant(['key.read'], { reach: team }))).toEqual(hour(1))
  })

  test('a rule about a role ends with the role', () => {
    const expired = grant(['usage.read'], { role: 'rol_2', expiresAt: at })
    const denial = rule(['key.read'], { subject: { kind: 'role', id: 'rol_2' } })
    expect(rights([grant(['key.read']), expired], [denial]).permissions.has('key.read')).toBe(true)
  })
})
