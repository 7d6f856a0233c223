import { expect, test } from 'vitest'
import { decides, policyVersion } from './deciding.ts'
import { nounsInSource } from './events.testing.ts'

const told = { outcome: 'done', before: null, after: null }

const deciding = [
  ...['access_settings', 'deny_rule', 'directory_policy', 'domain', 'platform_person', 'role', 'role_assignment'],
  ...['scim_rules', 'security', 'sso'],
]
/** About these it depends on what is told of them. */
const byWhat = ['account', 'user']
/** They are about credentials, money, models, texts and sessions, or about what is only asked for. */
const other = [
  ...['audit', 'audit_destination', 'audit_hold', 'audit_retention', 'break_glass', 'budget', 'budget_allocation'],
  ...['budget_cycle', 'budget_plan', 'cache_rule', 'client_credential', 'client_token', 'exporter', 'grant'],
  ...['guardrail', 'guardrail_service', 'impersonation', 'invite', 'kept_content', 'key', 'lab_run', 'limit', 'mail'],
  ...['mcp_server', 'model', 'offer_list', 'org', 'provider_connection', 'role_request', 'saved_view', 'scim_group'],
  ...['scim_token', 'scim_user', 'service_account', 'session', 'stored_batch', 'stored_file', 'stored_policy'],
  ...['team', 'zitadel'],
]

test('of each thing that events are about it is decided whether the rules change with it', () => {
  expect(nounsInSource()).toEqual([...deciding, ...byWhat, ...other].sort())
  for (const noun of deciding) expect(decides({ ...told, name: `${noun}.updated` }), noun).toBe(true)
  for (const noun of other) expect(decides({ ...told, name: `${noun}.updated` }), noun).toBe(false)
})

test.each([
  ['user.updated', { after: { role: 'member' } }, true],
  ['user.updated', { after: { status: 'suspended' } }, true],
  ['user.updated', { after: { name: 'Ada' } }, false],
  ['user.added', { after: { email: 'a@b.c', role: 'member' } }, true],
  ['user.removed', { before: { role: 'member' } }, true],
  ['account.updated', { after: { status: 'suspended' } }, true],
  ['account.updated', { after: { name: 'Acme' } }, false],
  ['role.updated', { outcome: 'denied' }, false],
  ['sso.tested', {}, false],
  ['zitadel.config_changed', {}, true],
])('%s of %j changes the rules: %s', (name, values, changes) => {
  expect(decides({ ...told, name, ...values })).toBe(changes)
})

test('the version counts what was read of whoever asks, else how far the chain is', () => {
  const here = { accountId: 'acc_1', policySeq: 9 }
  const tail = (actor: Parameters<typeof policyVersion>[0], place = here) => policyVersion(actor, place).slice(12)
  expect(tail({ isPlatform: false })).toBe('.a9')
  expect(tail({ isPlatform: false, policy: { accountId: 'acc_1', seq: 7 } })).toBe('.a7')
  expect(tail({ isPlatform: false, policy: { accountId: 'acc_2', seq: 7 } })).toBe('.a9')
  expect(tail({ isPlatform: true, policy: { accountId: 'platform', seq: 3 } })).toBe('.p3.a9')
  expect(
    tail({ isPlatform: true, policy: { accountId: 'platform', seq: 3 } }, { accountId: 'platform', policySeq: 4 }),
  ).toBe('.p3')
})
