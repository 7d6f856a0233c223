import type { AuditEvent } from '@cockpit/contract/audit'
import { Badge, type Column, formatCount, None, Panel, Stack, Table, Text, type Tone } from '@cockpit/ui'
import { type Change, diffOf } from './diff.ts'
import { t } from './strings.ts'

/** What an event changed, field by field. */
export const EventView = ({ event }: { event: AuditEvent }) => {
  const changes = diffOf(event.before, event.after)
  const shown = changes.filter(({ kind }) => kind !== 'same')
  const same = changes.length - shown.length
  if (shown.length === 0) return <Text muted>{t.noValues}</Text>
  return (
    <Stack gap={8}>
      <Panel title={t.changes} flush>
        <Table label={t.changes} rows={shown} rowId={(change) => change.field} columns={columns} />
      </Panel>
      {same > 0 && <Text muted>{t.same(formatCount(same))}</Text>}
    </Stack>
  )
}

const tones: Record<Change['kind'], Tone> = { added: 'green', removed: 'red', changed: 'blue', same: 'neutral' }
const words = { added: t.added, removed: t.removed, changed: t.changed, same: '' }

const columns: Column<Change>[] = [
  {
    key: 'field',
    header: t.field,
    value: (change) => change.field,
    render: (change) => <Text mono>{change.field}</Text>,
  },
  {
    key: 'kind',
    header: t.change,
    value: (change) => words[change.kind],
    render: (change) => <Badge tone={tones[change.kind]}>{words[change.kind]}</Badge>,
  },
  {
    key: 'before',
    header: t.before,
    value: (change) => change.before,
    render: ({ before }) => <Value text={before} />,
  },
  { key: 'after', header: t.after, value: (change) => change.after, render: ({ after }) => <Value text={after} /> },
]

const Value = ({ text }: { text: string | null }) =>
  text === null ? (
    <None label={t.nothing} />
  ) : (
    <Text mono title={text}>
      {text.length > 60 ? `${text.slice(0, 60)}…` : text}
    </Text>
  )
