import type { Model } from '@cockpit/contract/models'
import type { RouteShadow, ShadowReport } from '@cockpit/contract/routing'
import {
  type Column,
  Duration,
  formatCount,
  formatPercent,
  Link,
  Loaded,
  Panel,
  RelativeTime,
  Stack,
  StatusBadge,
  Table,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('shadowPanel', {
  title: 'Copied requests',
  about: ({ percent, model }: RouteShadow) =>
    `${percent} % of the answered requests are asked of ${model} too; callers do not notice.`,
  none: 'No copy yet.',
  told: (pairs: number, share: string, failed: number) =>
    `${pairs} pairs: ${share} of the copies answer the same${failed > 0 ? `, ${failed} got no answer` : ''}.`,
  compared: 'Originals and copies',
  who: 'Requests',
  originals: 'Originals',
  copies: 'Copies',
  duration: 'Took (median)',
  tokens: 'Output tokens (mean)',
  credits: 'Credits (all)',
  last: 'Last pairs',
  when: 'When',
  verdict: 'Answer',
  same: 'Same',
  different: 'Different',
  failed: 'None',
  original: 'Original',
  copy: 'Copy',
})

const everyMs = 10_000
const tones = { same: 'green', different: 'amber', failed: 'red' } as const

/** What another model says to the same questions, beside what callers were told. */
export const ShadowPanel = ({ model, shadow }: { model: Model; shadow: RouteShadow }) => {
  const report = useLoad(
    ['models', model.id, 'shadow'],
    (api, signal) => api.routing.shadow({ params: { id: model.id } }, { signal }),
    { everyMs },
  )
  return (
    <Panel title={t.title} description={t.about(shadow)}>
      <Loaded {...report}>{(found) => <Report report={found} />}</Loaded>
    </Panel>
  )
}

const Report = ({ report: { pairs, same, failed, original, copy, recent } }: { report: ShadowReport }) => {
  const { href } = useScope()
  if (pairs === 0) return <span className="ck-muted">{t.none}</span>
  const rows = [
    { id: 'original', who: t.originals, ...original },
    { id: 'copy', who: t.copies, ...copy },
  ]
  return (
    <Stack gap={12}>
      <span className="ck-muted ck-number">{t.told(pairs, formatPercent(same / pairs), failed)}</span>
      <Table label={t.compared} columns={totals} rows={rows} rowId={({ id }) => id} />
      <Table label={t.last} columns={columnsFor(href)} rows={recent} rowId={({ copy: { id } }) => id} />
    </Stack>
  )
}

type Total = ShadowReport['original'] & { id: string; who: string }
const totals: Column<Total>[] = [
  { key: 'who', header: t.who, value: ({ who }) => who, primary: true },
  {
    key: 'duration',
    header: t.duration,
    numeric: true,
    value: ({ durationMs }) => durationMs,
    render: ({ durationMs }) => <Duration ms={durationMs} />,
  },
  {
    key: 'tokens',
    header: t.tokens,
    numeric: true,
    value: ({ outputTokens }) => (outputTokens === null ? '–' : formatCount(Math.round(outputTokens))),
  },
  { key: 'credits', header: t.credits, numeric: true, value: ({ credits }) => credits },
]

type Pair = ShadowReport['recent'][number]
const columnsFor = (href: (path: string) => string): Column<Pair>[] => [
  {
    key: 'verdict',
    header: t.verdict,
    value: ({ verdict }) => verdict,
    render: ({ verdict }) => <StatusBadge status={verdict} tone={tones[verdict]} label={t[verdict]} />,
  },
  { key: 'at', header: t.when, value: ({ at }) => at, render: ({ at }) => <RelativeTime at={at} /> },
  ...(['original', 'copy'] as const).map(
    (side): Column<Pair> => ({
      key: side,
      header: t[side],
      numeric: true,
      value: (pair) => pair[side].durationMs,
      render: (pair) => (
        <Link href={href(`requests/${pair[side].id}`)}>
          <Duration ms={pair[side].durationMs} />
        </Link>
      ),
    }),
  ),
]
