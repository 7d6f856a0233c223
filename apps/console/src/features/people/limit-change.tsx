import { NumberField, SegmentedControl, Stack } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'

const words = messages('limitChange', {
  keep: 'As it is',
  set: 'Set to',
  lift: 'Unlimited',
  amount: (label: string) => `${label}, for all keys of each person together`,
})

/** What becomes of one limit of many people: to say nothing about it changes nothing. */
export type LimitChange = { kind: 'keep' | 'set' | 'lift'; amount: number | null }
export const asItIs: LimitChange = { kind: 'keep', amount: null }

export const limitOf = <K extends string>(key: K, { kind, amount }: LimitChange): { [key in K]?: number | null } => {
  if (kind === 'keep' || (kind === 'set' && amount === null)) return {}
  return { [key]: kind === 'lift' ? null : amount } as { [key in K]: number | null }
}

export const LimitField = ({
  label,
  change: { kind, amount },
  onChange,
}: {
  label: string
  change: LimitChange
  onChange: (change: LimitChange) => void
}) => (
  <Stack gap={8}>
    <SegmentedControl
      label={label}
      value={kind}
      onChange={(next) => onChange({ kind: next, amount })}
      options={(['keep', 'set', 'lift'] as const).map((value) => ({ value, label: words[value] }))}
    />
    {kind === 'set' && (
      <NumberField
        label={words.amount(label)}
        hideLabel
        autoFocus
        min={1}
        value={amount}
        onChange={(next) => onChange({ kind, amount: next })}
      />
    )}
  </Stack>
)
