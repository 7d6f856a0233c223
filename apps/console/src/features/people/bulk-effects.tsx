import type { BulkItem, RoleName } from '@cockpit/contract/kit'
import { formatCount, Row, Stack, StatusBadge } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { roleName } from '../access/roles.ts'
import type { Effect, Effects } from './bulk-run.ts'
import { countText, keysText, t } from './strings.ts'

const words = messages('bulkEffects', {
  changed: (count: number) => countText(count, 'changes', 'change'),
  unchanged: (count: number) => `${formatCount(count)} as they are`,
  skipped: (count: number) => `${formatCount(count)} skipped`,
  leaves: (keys: number) => (keys > 0 ? `leaves; ${keysText(keys)} revoked` : 'leaves'),
  gone: 'No longer here',
  more: (count: number) => `and ${formatCount(count)} more`,
})

const namedMax = 50

/** What changes about one, in words. */
export type TextOf = (before: BulkItem['before'], after: BulkItem['after']) => string

/** What an act does to whom, and why others are left out. */
export const BulkEffects = ({
  result: { changed, unchanged, skipped, items },
  textOf = changeText,
}: {
  result: Effects
  textOf?: TextOf
}) => {
  // what needs attention first
  const told = [...items.filter(isOf('skipped')), ...items.filter(isOf('changed'))]
  return (
    <Stack gap={8}>
      <Row gap={16}>
        <StatusBadge status="changed" tone={changed > 0 ? 'green' : 'neutral'} label={words.changed(changed)} />
        {unchanged > 0 && <StatusBadge status="unchanged" tone="neutral" label={words.unchanged(unchanged)} />}
        {skipped > 0 && <StatusBadge status="skipped" tone="amber" label={words.skipped(skipped)} />}
      </Row>
      {told.length > 0 && (
        <ul className="ck-effects">
          {told.slice(0, namedMax).map((item) => (
            <li key={item.id}>
              <strong>{item.name ?? words.gone}</strong> {item.reason ?? textOf(item.before, item.after)}
            </li>
          ))}
          {told.length > namedMax && <li>{words.more(told.length - namedMax)}</li>}
        </ul>
      )}
    </Stack>
  )
}

const isOf = (verdict: Effect['verdict']) => (item: Effect) => item.verdict === verdict

type Values = { [field: string]: unknown } | null
/** What changes about somebody, in words: "Role User → Member". */
export const changeText = (before: Values, after: Values): string => {
  if (!after) return words.leaves(Number(before?.keys ?? 0))
  return Object.entries(after)
    .map(([field, value]) => {
      const was = before ? `${valueText(field, before[field])} → ` : ''
      return `${fieldName(field)} ${was}${valueText(field, value)}`
    })
    .join(', ')
}

const names: { [field: string]: string } = {
  name: t.name,
  role: t.role,
  status: t.status,
  teams: t.teamList,
  limits: 'RPM/TPM',
}
const fieldName = (field: string) => names[field] ?? field

const valueText = (field: string, value: unknown): string => {
  if (field === 'role') return roleName(value as RoleName)
  if (field === 'status') return value === 'suspended' ? t.suspended : t.active
  if (Array.isArray(value)) return value.length > 0 ? value.join(', ') : t.none
  if (field === 'limits' && value && typeof value === 'object') {
    const { rpm, tpm } = value as { rpm: number | null; tpm: number | null }
    return `${rpm ?? t.unlimited}/${tpm ?? t.unlimited}`
  }
  return String(value)
}
