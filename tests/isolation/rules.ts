/**
 * What holds of one account alone, asked where nothing stands in the way: its seats, its settings, its last admin, and
 * whether a name is the only one of its kind. Counted or read over all accounts, each answer would be another one.
 */
import { changedTables, fingerprint } from './fingerprint.ts'
import { note } from './judge.ts'
import { teamOfEveryParty } from './stage.ts'
import type { Check } from './writes.ts'

/** The part of what is counted over one account. */
export const rules = 'rules of one account'

export const checkRules = async ({ stage, outcome, query }: Check) => {
  const { cockpit, full, own } = stage
  const headers = await full.headers()
  const before = query && (await fingerprint(query, full.account.id))
  const ask = async (way: string, line: string, promised: string | RegExp, body?: unknown, as = headers) => {
    const { status, text } = await cockpit.send(line, { headers: as, ...(body !== undefined && { body }) })
    const wrong = holds(text, promised) ? null : `answered ${status} without ${promised}: ${text.slice(0, 200)}`
    note(outcome, { route: rules, principal: 'account admin', way }, wrong)
  }
  const csv = (count: number) =>
    [
      'email,name',
      ...Array.from({ length: count }, (_, nth) => `more-${nth}-${full.account.tag}@example.com,More`),
    ].join('\n')
  await ask('as many as its seats', 'POST /v1/users/import?dry_run=true', '"errors":0', { csv: csv(1) })
  await ask('one more than its seats', 'POST /v1/users/import?dry_run=true', '"errors":1', { csv: csv(2) })
  await ask('its own setting', 'GET /v1/access-settings', '"impersonation":"read_only"')
  await ask('its own seats', 'GET /v1/directory-policy', '"max":2')
  // each of these sets what is set already, and so does nothing
  await ask('no edits by hand', 'PUT /v1/directory-policy', '"handEdits":[]', { handEdits: [] })
  await ask('its own looks', 'PUT /v1/access-settings', '"read_only"', { impersonation: 'read_only' })
  await ask('nothing held', 'PUT /v1/audit/retention', '"held":false', { days: null })
  await ask('its own retention', 'GET /v1/audit/retention', '{"days":null,"held":false')
  await ask('its own rules', 'GET /v1/scim/rules', '"items":[]')
  await ask('its own source', 'GET /v1/scim', '"users":0,"activeUsers":0,"groups":0')
  await ask('its own hits', 'GET /v1/guardrails/series', /^(?!.*"(?:blocked|masked|noticed)":[1-9]).*"points"/s)
  await ask('its last admin', 'DELETE /v1/me/membership', 'user.last_admin')
  const admin = own.principals.find(({ name }) => name === 'account admin')
  // a name that two teams have is written with the org it is in
  await ask('a name of both', 'GET /v1/users/export', `,${teamOfEveryParty},`, undefined, admin?.headers)
  await checkPlaygroundKeys({ stage, outcome, query })
  const after = query && (await fingerprint(query, full.account.id))
  const changed = before && after ? changedTables(before, after) : []
  note(
    outcome,
    { route: rules, principal: 'any', way: 'write' },
    changed.length > 0 ? `changed ${changed.join(', ')}` : null,
  )
}

/** Of somebody who works in two accounts: a new key of the playground ends the one before it, and none elsewhere. */
const checkPlaygroundKeys = async ({ stage, outcome }: Check) => {
  const { cockpit, both } = stage
  const made = await cockpit.send('POST /v1/keys/playground', { headers: both.other })
  const { id } = JSON.parse(made.text) as { id?: string }
  const next = await cockpit.send('POST /v1/keys/playground', { headers: both.own })
  const { text } = await cockpit.send(`GET /v1/keys/${id}`, { headers: both.other })
  const isWhole = made.status === 201 && next.status === 201 && text.includes('"status":"active"')
  const wrong = isWhole ? null : `${made.status}, ${next.status}, and then ${text.slice(0, 200)}`
  note(outcome, { route: rules, principal: 'member of two accounts', way: 'a playground key in each' }, wrong)
}

const holds = (text: string, promised: string | RegExp) =>
  typeof promised === 'string' ? text.includes(promised) : promised.test(text)
