import type { AccessReviewRow } from '@cockpit/contract/access'

const columns = [
  'principal',
  'kind',
  'name',
  'email',
  'status',
  'last seen',
  'what',
  'may use',
  'reach',
  'because of',
  'since',
  'until',
  'last used',
  'denied by',
]

/** The review as a table: one line for each permission and source, and one for each key. */
export function* csvOf(rows: readonly AccessReviewRow[]): Generator<string> {
  yield line(columns)
  for (const row of rows) {
    const who = [row.id, row.kind, row.name, row.email, row.status, row.lastSeenAt]
    for (const { permission, reach, parts, sources, deniedBy } of row.permissions)
      for (const { via, id, role, since, expiresAt } of sources) {
        const where = reach === 'account' ? 'account' : parts.join(' ')
        const why = via === 'membership' ? `${role.name} (membership)` : `${role.name} (${id})`
        yield line([
          ...who,
          'permission',
          permission,
          where,
          why,
          since,
          expiresAt,
          null,
          deniedBy && `${deniedBy.id}: ${deniedBy.reason}`,
        ])
      }
    for (const { id, name, models, since, expiresAt, lastUsedAt } of row.keys)
      yield line([
        ...who,
        'key',
        `${name} (${id})`,
        models?.join(' ') ?? 'every model',
        'owns it',
        since,
        expiresAt,
        lastUsedAt,
        null,
      ])
  }
}

const line = (cells: readonly (string | null)[]): string => `${cells.map(cell).join(',')}\r\n`

/** A cell that a spreadsheet would run as a formula begins with an apostrophe. */
const cell = (value: string | null): string => {
  const text = /^[=+\-@\t\r]/.test(value ?? '') ? `'${value}` : (value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
