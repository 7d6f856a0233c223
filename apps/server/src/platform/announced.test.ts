import { expect, test } from 'vitest'
import { isAnnounced } from './announced.ts'
import { nounsInSource } from './events.testing.ts'

/** What a slice is compiled from, and what happens so seldom that nobody need think about it. */
const announced = [
  ...['access_settings', 'account', 'budget', 'budget_allocation', 'budget_cycle', 'budget_plan', 'cache_rule'],
  ...['client_credential', 'deny_rule', 'directory_policy', 'domain', 'grant', 'guardrail', 'guardrail_service'],
  ...['invite', 'kept_content', 'key', 'limit'],
  ...['mcp_server', 'model', 'offer_list', 'org', 'platform_person', 'provider_connection', 'role', 'role_assignment'],
  ...[
    'role_request',
    'scim_group',
    'scim_rules',
    'security',
    'service_account',
    'sso',
    'stored_policy',
    'team',
    'user',
  ],
  'zitadel',
]
const quiet = [
  ...['audit', 'audit_destination', 'audit_hold', 'audit_retention', 'break_glass', 'client_token', 'exporter'],
  ...['impersonation', 'lab_run', 'mail', 'saved_view', 'scim_token', 'scim_user', 'session'],
  ...['stored_batch', 'stored_file'],
]

test('of each thing that events are about it is decided whether gateways go by it', () => {
  expect(nounsInSource()).toEqual([...announced, ...quiet].sort())
  for (const noun of announced) expect(isAnnounced(`${noun}.updated`), noun).toBe(true)
  for (const noun of quiet) expect(isAnnounced(`${noun}.updated`), noun).toBe(false)
})

test('what nobody has thought of is announced', () => {
  expect(isAnnounced('thing.made')).toBe(true)
  expect(isAnnounced('nothing')).toBe(true)
  expect(isAnnounced('invite.accepted')).toBe(true)
  expect(isAnnounced('invite.created')).toBe(false)
})
