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

/** The review as a table: a line for each permission and source, for each key, and for the roles a SCIM token may give. */
export function* csvOf(rows: readonly AccessReviewRow[]): Generator<string> {
  yield line(columns)
  for (const row of rows) {
    const who = [row.id, row.kind, row.name, row.email, row.status, row.lastSeenAt]
    for (const cells of [...permissionCells(row), ...rolesCells(row), ...keyCells(row)]) yield line([...who, ...cells])
  }
}

type Cells = (string | null)[]

const permissionCells = (row: AccessReviewRow): Cells[] =>
  row.permissions.flatMap(({ permission, reach, parts, sources, deniedBy }) =>
    sources.map(({ via, id, role, since, expiresAt }) => [
      'permission',
      permission,
      reach === 'account' ? 'account' : parts.join(' '),
      via === 'token' ? wordFor(row) : `${role.name} (${id ?? via})`,
      since,
      expiresAt,
      via === 'token' ? row.lastSeenAt : null,
      deniedBy && `${deniedBy.id}: ${deniedBy.reason}`,
    ]),
  )

const rolesCells = (row: AccessReviewRow): Cells[] =>
  row.source
    ? [['may give', row.source.roles.join(' '), 'account', wordFor(row), row.source.vouchedSince, null, null, null]]
    : []

const keyCells = ({ keys }: AccessReviewRow): Cells[] =>
  keys.map(({ id, name, models, since, expiresAt, lastUsedAt }) => [
    'key',
    `${name} (${id})`,
    models?.join(' ') ?? 'every model',
    'owns it',
    since,
    expiresAt,
    lastUsedAt,
    null,
  ])

/** On whose word a source acts. */
const wordFor = ({ source }: AccessReviewRow): string => {
  const by = source?.vouchedBy
  return by ? `SCIM token of ${by.name} (${by.id})` : 'SCIM token of nobody known'
}

const line = (cells: readonly (string | null)[]): string => `${cells.map(cell).join(',')}\r\n`

/** A cell that a spreadsheet would run as a formula begins with an apostrophe. */
const cell = (value: string | null): string => {
  const text = /^[=+\-@\t\r]/.test(value ?? '') ? `'${value}` : (value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
