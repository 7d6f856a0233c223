import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isAnnounced } from './announced.ts'

const source = join(import.meta.dirname, '..')

/** The things that this program tells events about. */
const nounsInSource = (): string[] => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const told = files
    .filter((file) => !/\.(test|testing)\.ts$/.test(file) && !file.startsWith('gateway'))
    .flatMap((file) => [
      ...readFileSync(join(source, file), 'utf8').matchAll(/(?:emit|told)\([^'`]{0,20}['`]([a-z_]+)\.[a-z_$]/g),
    ])
  return [...new Set(told.map(([, noun = '']) => noun))].sort()
}

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
  ...['impersonation', 'lab_run', 'mail', 'saved_view', 'scim_token', 'session', 'stored_batch', 'stored_file'],
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
