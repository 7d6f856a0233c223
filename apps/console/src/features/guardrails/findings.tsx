import type { GuardrailHit } from '@cockpit/contract/guardrails'
import { Badge, type Column, IdText, Link, Loaded, Panel, RelativeTime, Skeleton, TimeChart } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { actionLabels, actionTone, checkLabels, directionLabels, foundInWords, guardText as t } from './strings.ts'

const words = messages('guardrailFindings', {
  over: 'Findings over time',
  week: 'The last seven days, by the hour',
  blocked: 'Blocked',
  masked: 'Masked',
  noticed: 'Flagged or logged',
  unit: 'requests',
  empty: 'Nothing was found in this time.',
})
const height = 160

/** How often something was found, over the last week. */
export const FindingsChart = ({ guardrailId }: { guardrailId?: string | undefined }) => {
  const load = useLoad(['guardrails', 'series', guardrailId], (api, signal) =>
    api.guardrails.series({ query: { guardrailId } }, { signal }),
  )
  return (
    <Panel title={words.over} description={words.week}>
      <Loaded {...load} skeleton={<Skeleton height={height + 22} />}>
        {({ points }) => (
          <TimeChart
            label={words.over}
            times={points.map(({ at }) => at)}
            series={[
              { label: words.blocked, values: points.map(({ blocked }) => blocked), color: 'red' },
              { label: words.masked, values: points.map(({ masked }) => masked) },
              { label: words.noticed, values: points.map(({ noticed }) => noticed), color: 2 },
            ]}
            kind="bars"
            unit={words.unit}
            height={height}
            emptyReason={words.empty}
          />
        )}
      </Loaded>
    </Panel>
  )
}

export const ActionBadge = ({ action }: { action: GuardrailHit['action'] }) => (
  <Badge tone={actionTone(action)}>{actionLabels[action]}</Badge>
)

const RequestLink = ({ id }: { id: string }) => {
  const { href, can } = useScope()
  return can('usage.read_own') ? (
    <Link href={href(`requests/${id}`)}>
      <IdText id={id} />
    </Link>
  ) : (
    <IdText id={id} />
  )
}

export const findingColumns: Column<GuardrailHit>[] = [
  { key: 'at', header: t.when, value: (row) => row.at, render: (row) => <RelativeTime at={row.at} /> },
  { key: 'guardrail', header: t.guardrail, value: (row) => row.guardrail },
  { key: 'check', header: t.check, value: (row) => checkLabels[row.check] },
  { key: 'direction', header: t.direction, value: (row) => directionLabels[row.direction] },
  {
    key: 'action',
    header: t.action,
    value: (row) => actionLabels[row.action],
    render: (row) => <ActionBadge action={row.action} />,
  },
  { key: 'found', header: t.found, value: (row) => foundInWords(row.found) },
  {
    key: 'request',
    header: t.request,
    value: (row) => row.requestId,
    render: (row) => <RequestLink id={row.requestId} />,
  },
]
