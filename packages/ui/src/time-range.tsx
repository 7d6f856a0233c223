import { useState } from 'react'
import { Button, Menu } from './actions.tsx'
import { TextField } from './fields.tsx'
import { formatExact } from './format.ts'
import { IconCheck, IconClock } from './icons.ts'
import { Row, Stack } from './layout.tsx'
import { Modal } from './overlays.tsx'

/** As it stands in the URL: a named span that ends now (`range=24h`), or two moments (`from`, `to`, ISO). */
export type TimeRange = { range?: string | undefined; from?: string | undefined; to?: string | undefined }

const spans = {
  '15m': 900,
  '1h': 3600,
  '6h': 21_600,
  '24h': 86_400,
  '7d': 604_800,
  '30d': 2_592_000,
  '90d': 7_776_000,
} as const
export type TimeSpan = keyof typeof spans
const names: Record<keyof typeof spans, string> = {
  '15m': 'Last 15 minutes',
  '1h': 'Last hour',
  '6h': 'Last 6 hours',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
}
const keys = Object.keys(spans) as (keyof typeof spans)[]

/** The span in the URL as query parameters. Round `now` to the minute where it enters a cache key. */
export const resolveTimeRange = (
  value: TimeRange,
  now: Date,
  fallback: TimeSpan = '24h',
): { from: string; to?: string; label: string } => {
  if (value.from) return { from: value.from, ...(value.to ? { to: value.to } : {}), label: labelOf(value, fallback) }
  const key = keys.find((one) => one === value.range) ?? fallback
  return { from: new Date(now.getTime() - spans[key] * 1000).toISOString(), label: names[key] }
}

const labelOf = (value: TimeRange, fallback: TimeSpan) => {
  if (value.from) return `${formatExact(value.from)} – ${value.to ? formatExact(value.to) : 'now'}`
  return names[keys.find((one) => one === value.range) ?? fallback]
}

export const TimeRangePicker = ({
  value,
  onChange,
  fallback = '24h',
}: {
  value: TimeRange
  onChange: (value: TimeRange) => void
  fallback?: TimeSpan
}) => {
  const [custom, setCustom] = useState(false)
  return (
    <>
      <Menu
        target={
          <Button icon={<IconClock size={14} />} aria-label={`Time range: ${labelOf(value, fallback)}`}>
            {labelOf(value, fallback)}
          </Button>
        }
        items={[
          ...keys.map((key) => ({
            label: names[key],
            checked: !value.from && (value.range ?? fallback) === key,
            onClick: () => onChange({ range: key, from: undefined, to: undefined }),
          })),
          { label: 'Between two moments…', checked: Boolean(value.from), onClick: () => setCustom(true) },
        ]}
      />
      <Modal opened={custom} onClose={() => setCustom(false)} title="Time range" size="sm">
        <Between
          value={value}
          onApply={(next) => {
            setCustom(false)
            onChange(next)
          }}
        />
      </Modal>
    </>
  )
}

const Between = ({ value, onApply }: { value: TimeRange; onApply: (value: TimeRange) => void }) => {
  const [from, setFrom] = useState(localOf(value.from))
  const [to, setTo] = useState(localOf(value.to))
  const backwards = from !== '' && to !== '' && from >= to
  return (
    <Stack>
      <TextField label="From" type="datetime-local" value={from} onChange={setFrom} required />
      <TextField
        label="To"
        type="datetime-local"
        value={to}
        onChange={setTo}
        help="Now when empty"
        error={backwards ? 'must be after From' : undefined}
      />
      <Row justify="end">
        <Button
          kind="primary"
          icon={<IconCheck size={14} />}
          disabled={from === '' || backwards}
          onClick={() =>
            onApply({
              range: undefined,
              from: new Date(from).toISOString(),
              to: to === '' ? undefined : new Date(to).toISOString(),
            })
          }
        >
          Apply
        </Button>
      </Row>
    </Stack>
  )
}

/** An ISO moment as the value of a `datetime-local` field, in the reader's zone. */
const localOf = (iso: string | undefined): string => {
  if (!iso) return ''
  const at = new Date(iso)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
