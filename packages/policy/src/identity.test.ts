import { expect, test } from 'vitest'
import { acme, resolutionCases, roleCases, someClaims, someFacts, someRules } from './identity.testing.ts'
import { resolveIdentity, roleClaimed } from './identity.ts'

test.each(resolutionCases)('$given: $account by $via', ({ claims, facts, rules, asks, account, via, superAdmin }) => {
  const found = resolveIdentity(someClaims(claims), someFacts(facts), someRules(rules), { accountHint: asks ?? null })
  expect({ account: found.accountId, via: found.home?.via ?? null, superAdmin: found.isSuperAdmin }).toEqual({
    account,
    via,
    superAdmin: superAdmin ?? false,
  })
})

test.each(roleCases)('$given: $role in Acme', ({ roles, orgId = null, issuerAccount = null, orgLeftOut, role }) => {
  const facts = someFacts({ orgLeftOut: orgLeftOut ?? false })
  expect(roleClaimed(someClaims({ roles, orgId }), acme, facts, someRules({ issuerAccount }))).toBe(role)
})

test('whatever a client asks for, it acts where it belonged before or is a member', () => {
  const facts = someFacts({ memberAccounts: ['acc_initech'] })
  const claims = someClaims({ orgId: 'org-acme' })
  for (const asked of ['acc_globex', 'acc_deleted', 'platform', '', "' or 1=1", 'org-globex'])
    expect(resolveIdentity(claims, facts, someRules(), { accountHint: asked }).accountId).toBe(acme)
})
