/** What is exported is held against the classes of OCSF 1.3.0 that it names: what they require, what they know, and each word. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { AuditEvent } from '@cockpit/contract/audit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { ocsfOf } from './ocsf.ts'

const text = z.string().min(1)
const oneOf = (words: Record<number, string>, id: string, word: string) => (value: Record<string, unknown>) =>
  words[value[id] as number] === value[word]
const some =
  (...names: string[]) =>
  (value: Record<string, unknown>) =>
    names.some((name) => value[name] !== undefined)

const userTypes = { 0: 'Unknown', 1: 'User', 2: 'Admin', 3: 'System' }
const User = z
  .strictObject({
    uid: text.optional(),
    name: text.optional(),
    email_addr: z.string().optional(),
    type_id: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3), z.literal(99)]),
    type: text,
  })
  .refine(some('account', 'name', 'uid'))
  .refine((user) => user.type_id === 99 || oneOf(userTypes, 'type_id', 'type')(user))
const Session = z.strictObject({ uid: text })
const severities = { 1: 'Informational', 2: 'Low', 3: 'Medium', 4: 'High', 5: 'Critical', 6: 'Fatal' }
const statuses = { 1: 'Success', 2: 'Failure' }

const base = {
  class_uid: z.number(),
  class_name: z.string(),
  category_uid: z.number(),
  category_name: z.string(),
  activity_id: z.number().int(),
  activity_name: text,
  type_uid: z.number().int(),
  type_name: text,
  time: z.number().int().positive(),
  severity_id: z.number(),
  severity: text,
  status_id: z.number(),
  status: text,
  status_detail: text.optional(),
  metadata: z.strictObject({
    version: z.literal('1.3.0'),
    product: z.strictObject({ name: text, vendor_name: text }),
    uid: text,
    sequence: z.number().int().positive(),
    tenant_uid: text,
    event_code: text,
  }),
  actor: z.strictObject({ user: User, session: Session.optional() }).refine(some('user', 'session')),
  src_endpoint: z
    .strictObject({ ip: z.union([z.ipv4(), z.ipv6()]).optional(), svc_name: text.optional() })
    .refine(some('ip', 'uid', 'name', 'hostname', 'svc_name')),
  http_request: z.strictObject({ uid: text, user_agent: z.string().optional() }),
  unmapped: z.record(z.string(), z.unknown()),
}
const Authentication = z
  .strictObject({
    ...base,
    user: User,
    session: Session.optional(),
    service: z.strictObject({ name: text }),
  })
  .refine(some('service', 'dst_endpoint'))
const ApiActivity = z.strictObject({
  ...base,
  api: z.strictObject({ operation: text, request: z.strictObject({ uid: text }) }),
  resources: z.array(z.strictObject({ uid: text, type: text, name: text.optional() })).min(1),
})
const classes = {
  3002: {
    shape: Authentication,
    name: 'Authentication',
    category: 'Identity & Access Management',
    activities: { 0: 'Unknown', 1: 'Logon', 2: 'Logoff', 3: 'Authentication Ticket', 99: 'Other' },
  },
  6003: {
    shape: ApiActivity,
    name: 'API Activity',
    category: 'Application Activity',
    activities: { 0: 'Unknown', 1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete', 99: 'Other' },
  },
} as const

const check = (event: AuditEvent) => {
  const row = JSON.parse(JSON.stringify(ocsfOf(event)))
  const kind = classes[row.class_uid as keyof typeof classes]
  expect(kind, `class ${row.class_uid} of ${event.name}`).toBeDefined()
  const parsed = kind.shape.safeParse(row)
  expect(parsed.error, event.name).toBeUndefined()
  expect(row.class_name).toBe(kind.name)
  expect(row.category_uid).toBe(Math.floor(row.class_uid / 1000))
  expect(row.category_name).toBe(kind.category)
  expect(oneOf(kind.activities, 'activity_id', 'activity_name')(row), `${event.name}: ${row.activity_name}`).toBe(true)
  expect(row.type_uid).toBe(row.class_uid * 100 + row.activity_id)
  expect(row.type_name).toBe(`${row.class_name}: ${row.activity_name}`)
  expect(oneOf(severities, 'severity_id', 'severity')(row)).toBe(true)
  expect(oneOf(statuses, 'status_id', 'status')(row)).toBe(true)
  expect(row.time).toBe(Date.parse(event.at))
  return row
}

/** Every name that this program tells an event by. */
const names = (): string[] => {
  const source = path.join(import.meta.dirname, '../..')
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/\.(test|testing)\.ts$/.test(file),
  )
  const told = files.flatMap((file) =>
    [...readFileSync(path.join(source, file), 'utf8').matchAll(/(?:emit|told)\([^'`]{0,20}'([a-z_]+\.[a-z_]+)'/g)].map(
      ([, name = '']) => name,
    ),
  )
  return [...new Set([...told, 'sign_in.failed', 'access.denied', 'access.denied_more', 'sensitive.read'])]
}

const actors = fc.record({
  kind: fc.constantFrom('user', 'master_key', 'break_glass', 'key', 'service_account', 'scim', 'system'),
  id: fc.string({ minLength: 1 }),
  name: fc.string({ minLength: 1 }),
})
const story = fc.record({ note: fc.string() })
const eventsNamed = (known: readonly string[]): fc.Arbitrary<AuditEvent> =>
  fc.record({
    id: fc.string({ minLength: 1 }),
    accountId: fc.constantFrom('platform', 'acc_1'),
    seq: fc.integer({ min: 1, max: 1e9 }),
    name: fc.constantFrom(...known),
    outcome: fc.constantFrom('done', 'read', 'denied'),
    at: fc.date({ min: new Date(1), max: new Date('2099-01-01'), noInvalidDate: true }).map((at) => at.toISOString()),
    actor: actors,
    onBehalfOf: fc.option(actors),
    subject: fc.record({
      type: fc.constantFrom('email', 'route', 'key', 'session'),
      id: fc.string({ minLength: 1 }),
      name: fc.option(fc.string()),
    }),
    before: fc.option(story),
    after: fc.option(story),
    requestId: fc.string({ minLength: 1 }),
    ip: fc.option(fc.oneof(fc.ipV4(), fc.ipV6())),
    sessionId: fc.option(fc.string({ minLength: 1 })),
    userAgent: fc.option(fc.string()),
    policyVersion: fc.option(fc.string()),
    reason: fc.option(fc.string()),
    prevHash: fc.string(),
    hash: fc.string(),
  })

test('whatever happens, each event there is has the shape of the class that it names', () => {
  const known = names()
  expect(known.length).toBeGreaterThan(150)
  fc.assert(
    fc.property(eventsNamed(known), (event) => void check(event)),
    { numRuns: 2_000 },
  )
})

const failedSignIn: AuditEvent = {
  ...{
    id: 'evt_1',
    accountId: 'acc_1',
    seq: 1,
    name: 'sign_in.failed',
    outcome: 'denied',
    at: '2026-01-01T00:00:00.000Z',
  },
  actor: { kind: 'system', id: 'nobody', name: 'Nobody' },
  onBehalfOf: null,
  subject: { type: 'email', id: 'ada@example.com', name: null },
  ...{ before: null, after: null, requestId: 'req_1', ip: '203.0.113.7', sessionId: null, userAgent: null },
  ...{ policyVersion: null, reason: 'wrong password', prevHash: '', hash: '' },
}

test('a sign-in that failed names whom it claimed to be', () => {
  expect(check(failedSignIn)).toMatchObject({
    type_uid: 300_201,
    status: 'Failure',
    user: { email_addr: 'ada@example.com' },
    src_endpoint: { ip: '203.0.113.7' },
  })
})

test('what a job does comes from the program', () => {
  const row = check({ ...failedSignIn, name: 'key.expired', outcome: 'done', ip: null })
  expect(row).toMatchObject({
    class_uid: 6003,
    src_endpoint: { svc_name: 'Cockpit' },
    actor: { user: { type: 'System' } },
  })
})
