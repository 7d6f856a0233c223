import type { WorkCap } from '@cockpit/contract/caps'
import type { CallLimit, LimitUse } from '@cockpit/contract/limits'
import { type Column, formatCount, RelativeTime } from '@cockpit/ui'
import { nameOf, t } from './strings.ts'

/** A limit with how much of it is used now; with several processes also how much more they may let through. */
const Used = ({ use }: { use: LimitUse }) => (
  <>
    <span className="ck-number">{t.used(formatCount(use.used), formatCount(use.limit))}</span>
    {use.slack > 0 && <span className="ck-help">{t.slack(formatCount(use.slack))}</span>}
  </>
)

const rate = (key: 'rpm' | 'tpm' | 'parallel', unit: LimitUse['unit']): Column<CallLimit> => ({
  key,
  header: t[key],
  value: ({ limits }) => limits[key],
  render: (limit) => {
    const use = limit.used.find((one) => one.unit === unit)
    return use ? <Used use={use} /> : <span className="ck-muted">—</span>
  },
})

const sizeOf = ({ limits: { inputTokensMax, outputTokensMax } }: CallLimit): string | null =>
  [
    ...(inputTokensMax === null ? [] : [t.upToInput(formatCount(inputTokensMax))]),
    ...(outputTokensMax === null ? [] : [t.upToOutput(formatCount(outputTokensMax))]),
  ].join(', ') || null

const capText = (cap: WorkCap | null): string | null =>
  cap === null
    ? null
    : [
        ...(cap.credits == null ? [] : [`${cap.credits} ${t.credits.toLowerCase()}`]),
        ...(cap.tokens == null ? [] : [`${formatCount(cap.tokens)} ${t.tokens.toLowerCase()}`]),
        ...(cap.calls == null ? [] : [`${formatCount(cap.calls)} ${t.calls.toLowerCase()}`]),
        ...(cap.seconds == null ? [] : [`${formatCount(cap.seconds)} s`]),
      ].join(', ')

export const columns: Column<CallLimit>[] = [
  { key: 'scope', header: t.scope, value: nameOf, primary: true },
  rate('rpm', 'requests'),
  rate('tpm', 'tokens'),
  rate('parallel', 'parallel'),
  { key: 'call', header: t.oneCall, value: sizeOf },
  { key: 'perRun', header: t.perRun, value: ({ limits }) => capText(limits.perRun) },
  { key: 'perSession', header: t.perSession, value: ({ limits }) => capText(limits.perSession), hidden: true },
  { key: 'perAgent', header: t.perAgent, value: ({ limits }) => capText(limits.perAgent) },
  {
    key: 'changed',
    header: t.changed,
    value: ({ updatedAt }) => updatedAt,
    render: ({ updatedAt }) => <RelativeTime at={updatedAt} />,
  },
]
