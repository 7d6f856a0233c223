import { type Permission, rolePermissions } from '@cockpit/contract/permissions'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accessOf, type Denial, type Grant, rightsIn } from './access.ts'
import {
  type AccountPerson,
  type AdministrationFacts,
  administrationOf,
  administratorsKeep,
  isWorse,
} from './administration.ts'
import { mightDo } from './writer.ts'

const at = new Date('2026-06-01T12:00:00Z')
const hour = (offset: number) => new Date(at.getTime() + offset * 3_600_000)
const everything = [...rolePermissions.account_admin]
const grant = (differs: Partial<Grant> = {}): Grant => ({
  via: 'membership',
  id: null,
  role: 'account_admin',
  roleName: 'Account admin',
  permissions: everything,
  reach: 'all',
  startsAt: null,
  expiresAt: null,
  ...differs,
})
const member = grant({ role: 'member', permissions: [...rolePermissions.member] })
const beside = (differs: Partial<Grant> = {}) => grant({ via: 'assignment', id: 'ras_1', ...differs })
const person = (grants: readonly Grant[], differs: Partial<AccountPerson> = {}): AccountPerson => ({
  ...{ id: 'usr_ada', grants, hasOwnSignIn: true, isOfProvider: true, isSuperAdmin: false },
  ...differs,
})
const rule = (permissions: readonly Permission[], differs: Partial<Denial> = {}): Denial => ({
  id: 'dny_1',
  subject: { kind: 'everyone' },
  permissions,
  reason: 'because',
  expiresAt: null,
  ceiling: null,
  ...differs,
})
const facts = (people: readonly AccountPerson[], differs: Partial<AdministrationFacts> = {}): AdministrationFacts => ({
  ...{ people, denials: [], provider: null, installationLetsIn: false },
  ...differs,
})
const provider = { enabled: true, required: false, ceiling: null }

describe('an account has an administrator', () => {
  const part = { orgIds: ['org_x'], teamIds: [] }
  test.each<[string, readonly Grant[], boolean]>([
    ['by the role of a membership', [grant()], true],
    ['by a role beside it that does not end', [member, beside()], true],
    ['not by one that ends, however late', [member, beside({ expiresAt: hour(100_000) })], false],
    ['not by one that has yet to begin', [member, beside({ startsAt: hour(1) })], false],
    ['not by one for a part of the account', [member, beside({ reach: part })], false],
    ['not by a role that allows less', [member], false],
    [
      'not by a role that could not give back all',
      [beside({ role: 'rol_1', permissions: [...administratorsKeep] })],
      false,
    ],
    ['by a custom role that allows as much', [member, beside({ role: 'rol_1' })], true],
    [
      'by several roles that together do',
      [beside({ permissions: everything.slice(9) }), grant({ permissions: everything.slice(0, 9) })],
      true,
    ],
  ])('%s', (_how, grants, kept) => {
    expect(administrationOf(facts([person(grants)]), at)).toBe(kept ? 'kept' : 'none')
  })

  test.each<[string, Denial, boolean]>([
    ['takes access.write from everyone', rule(['access.write']), false],
    [
      'takes directory.write by their role',
      rule(['directory.write'], { subject: { kind: 'role', id: 'account_admin' } }),
      false,
    ],
    ['takes it from them', rule(['access.write'], { subject: { kind: 'user', id: 'usr_ada' } }), false],
    ['takes it for an hour', rule(['access.write'], { expiresAt: hour(1) }), false],
    ['took it until now', rule(['access.write'], { expiresAt: at }), true],
    ['takes it from another', rule(['access.write'], { subject: { kind: 'user', id: 'usr_bob' } }), true],
    ['takes what can be given back', rule(['content.read', 'budget.write']), true],
    ['binds only those who may do less', rule(['access.write'], { ceiling: mightDo(['access.write']) }), true],
  ])('where a rule %s: %o → %s', (_what, denial, kept) => {
    expect(administrationOf(facts([person([grant()])], { denials: [denial] }), at)).toBe(kept ? 'kept' : 'none')
  })

  test('no more when a role that ends, or has yet to begin, is bound by a rule', () => {
    const bound = rule(['access.write'], { subject: { kind: 'role', id: 'rol_late' } })
    for (const times of [{ startsAt: hour(1) }, { expiresAt: hour(1) }]) {
      const late = beside({ role: 'rol_late', permissions: ['usage.read'], ...times })
      expect(administrationOf(facts([person([grant(), late])], { denials: [bound] }), at)).toBe('none')
    }
  })

  test('by a super admin, whom rules do not bind and who comes in past the provider of the account', () => {
    const everybody = [rule(['access.write', 'directory.write'])]
    const only = { ...provider, required: true, ceiling: mightDo(['member']) }
    const sam = (differs: Partial<AccountPerson> = {}) => [person([member], { isSuperAdmin: true, ...differs })]
    expect(administrationOf(facts(sam(), { denials: everybody, provider: only }), at)).toBe('kept')
    expect(administrationOf(facts(sam({ hasOwnSignIn: false }), { provider: only }), at)).toBe('unreachable')
  })

  const stranger = { hasOwnSignIn: false }
  const below = { ...provider, ceiling: mightDo(['member']) }
  test.each<[string, Partial<AccountPerson>, Partial<AdministrationFacts>, boolean]>([
    ['a password or passkey', {}, {}, true],
    ['nothing', stranger, {}, false],
    ['the provider of the installation', stranger, { installationLetsIn: true }, true],
    ['the provider of the account', stranger, { provider }, true],
    ['a provider that does not speak for their e-mail', { ...stranger, isOfProvider: false }, { provider }, false],
    ['a provider that is turned off', stranger, { provider: { ...provider, enabled: false } }, false],
    ['a provider that is not believed about them', stranger, { provider: below }, false],
    ['a password beside it', {}, { provider: below }, true],
    ['a password that the account does not take', {}, { provider: { ...below, required: true } }, false],
    [
      'the installation, which it does not take',
      stranger,
      { installationLetsIn: true, provider: { ...below, required: true } },
      false,
    ],
    [
      'a password beside the only way in, which is off',
      {},
      { provider: { ...provider, required: true, enabled: false } },
      false,
    ],
    ['the only way in', stranger, { provider: { ...provider, required: true } }, true],
  ])('who comes in by %s: %o, %o → %s', (_how, differs, account, kept) => {
    expect(administrationOf(facts([person([grant()], differs)], account), at)).toBe(kept ? 'kept' : 'unreachable')
  })
})

describe('whatever the facts are', () => {
  const permission = fc.constantFrom<Permission>('access.write', 'directory.write', 'usage.read', 'content.read')
  const roleId = fc.constantFrom('account_admin', 'member', 'rol_1')
  const time = fc.option(fc.integer({ min: -3, max: 3 }).map(hour), { nil: null })
  const grants = fc.array(
    fc.record({
      via: fc.constantFrom('membership' as const, 'assignment' as const),
      id: fc.constant(null),
      role: roleId,
      roleName: fc.constant('Role'),
      permissions: fc.oneof(
        fc.constant(everything),
        fc.constant([...everything, 'account.read' as const]),
        fc.array(permission),
      ),
      reach: fc.constantFrom('all' as const, { orgIds: ['org_x'], teamIds: [] }),
      startsAt: time,
      expiresAt: time,
    }),
    { maxLength: 4 },
  )
  const subject = fc.oneof(
    fc.constant({ kind: 'everyone' as const }),
    fc.record({ kind: fc.constant('role' as const), id: roleId }),
    fc.record({ kind: fc.constant('user' as const), id: fc.constantFrom('usr_0', 'usr_1') }),
  )
  const denials = fc.array(
    fc.record({
      id: fc.uuid(),
      subject,
      permissions: fc.array(permission, { minLength: 1 }),
      reason: fc.constant('because'),
      expiresAt: time,
      ceiling: fc.constantFrom(null, mightDo(['account_admin']), mightDo(['member', 'access.write'])),
    }),
    { maxLength: 3 },
  )
  const people = fc
    .array(fc.record({ grants, hasOwnSignIn: fc.boolean(), isOfProvider: fc.boolean() }), { maxLength: 3 })
    .map((some) => some.map((one, index) => ({ ...one, id: `usr_${index}`, isSuperAdmin: false })))
  const anyProvider = fc.option(
    fc.record({ enabled: fc.boolean(), required: fc.boolean(), ceiling: fc.constantFrom(null, mightDo(['member'])) }),
    { nil: null },
  )
  const any = fc.record({ people, denials, provider: anyProvider, installationLetsIn: fc.boolean() })

  test('one who was counted can still give rights back at any later time, if nobody writes anything', () => {
    let counted = 0
    const law = (all: AdministrationFacts, later: number) => {
      if (administrationOf(all, at) === 'none') return
      counted += 1
      const can = all.people.some(({ id, grants: theirs }) => {
        const access = accessOf({ principal: { kind: 'user', id }, grants: theirs, denials: all.denials }, hour(later))
        return administratorsKeep.every((one) => rightsIn(access).permissions.has(one))
      })
      expect(can).toBe(true)
    }
    fc.assert(fc.property(any, fc.integer({ min: 0, max: 5 }), law), { numRuns: 2_000 })
    // it says something about many of them
    expect(counted).toBeGreaterThan(100)
  })

  test('nobody is gained by losing a person, by one more rule, or by a way in that is closed', () => {
    const law = (all: AdministrationFacts, more: Denial[]) => {
      const before = administrationOf(all, at)
      const less: AdministrationFacts[] = [
        ...all.people.map((one) => ({ ...all, people: all.people.filter((other) => other !== one) })),
        // a rule that leaves somebody below a writer may make a provider believed about them; about rights it gives nothing
        { ...all, denials: [...all.denials, ...more], provider: all.provider && { ...all.provider, ceiling: null } },
        { ...all, installationLetsIn: false },
        { ...all, people: all.people.map((one) => ({ ...one, hasOwnSignIn: false })) },
        { ...all, people: all.people.map((one) => ({ ...one, isOfProvider: false })) },
      ]
      const open = administrationOf({ ...all, provider: all.provider && { ...all.provider, ceiling: null } }, at)
      for (const [index, one] of less.entries())
        expect(isWorse(index === all.people.length ? open : before, administrationOf(one, at))).toBe(false)
    }
    fc.assert(fc.property(any, denials, law), { numRuns: 1_000 })
  })

  test('a role that ends makes nobody an administrator', () => {
    const law = (all: AdministrationFacts) => {
      const ending = all.people.map((one) => ({
        ...one,
        grants: one.grants.map((given) => ({ ...given, expiresAt: given.expiresAt ?? hour(9_999) })),
      }))
      expect(administrationOf({ ...all, people: ending }, at)).toBe('none')
    }
    fc.assert(fc.property(any, law))
  })
})
