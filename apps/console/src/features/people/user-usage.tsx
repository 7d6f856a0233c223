import type { Breakdown, UsageSeries } from '@cockpit/contract/usage'
import {
  type Column,
  Columns,
  CreditsAmount,
  formatCompact,
  formatCount,
  formatCredits,
  formatExact,
  formatMoney,
  Loaded,
  Panel,
  Row,
  Skeleton,
  Stack,
  Stat,
  StatRow,
  Table,
  Text,
  TimeChart,
  TimeRangePicker,
} from '@cockpit/ui'
import { type Loaded as Load, useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { SeriesCharts } from '../overview/charts.tsx'
import { stepText, sumsOf } from '../overview/figures.tsx'
import { type Range, rangeOf } from '../overview/range.ts'

const words = messages('userUsage', {
  credits: 'Credits spent',
  creditsUnit: 'credits',
  cost: 'Provider cost',
  usd: 'USD',
  calls: 'Requests',
  failed: 'Failed or refused',
  input: 'Input tokens',
  output: 'Output tokens',
  tokens: 'Tokens',
  tokensUnit: 'tokens',
  tokensEmpty: 'No tokens in this time.',
  models: 'By model',
  modelsSince: (since: string) => `Since ${since}, most credits first`,
  model: 'Model',
  none: 'Nothing was used in this time.',
})

const height = 180
const fallback = '7d'
const everyMs = 30_000

/** What one person spent, called and used over a time, and with which models. */
export const UserUsage = ({ userId }: { userId: string }) => {
  const { search, setSearch } = useSearchState()
  const chosen = search.range || search.from ? search : { ...search, range: fallback }
  const range = ofPerson(
    rangeOf(chosen, () => new Date()),
    userId,
  )
  const series = useLoad(
    ['usage', 'series', 'person', range.link],
    (api, signal) => api.usage.series({ query: { ...range.span(), userId } }, { signal }),
    { everyMs },
  )
  return (
    <Stack gap={16}>
      <Row justify="end">
        <TimeRangePicker
          value={search}
          fallback={fallback}
          onChange={({ range: named, from, to }) => setSearch({ range: named, from, to })}
        />
      </Row>
      <Figures series={series.data} range={range} />
      <Columns minWidth={340}>
        <SeriesCharts load={series} range={range} />
        <TokensChart load={series} range={range} />
      </Columns>
      <Models userId={userId} range={range} />
    </Stack>
  )
}

/** Its links lead to the requests of this person alone. */
const ofPerson = (range: Range, userId: string): Range => ({
  ...range,
  link: [range.link, `userId=${userId}`].filter(Boolean).join('&'),
})

const Figures = ({ series, range }: { series: UsageSeries | undefined; range: Range }) => {
  const { href } = useScope()
  const sums = series && sumsOf(series)
  const tokens = (which: 'inputTokens' | 'outputTokens') =>
    series && formatCompact(series.points.reduce((sum, point) => sum + point[which], 0))
  const common = { period: range.label, loading: !series }
  const requests = href(`requests?${range.link}`)
  return (
    <StatRow>
      <Stat
        label={words.credits}
        value={sums && formatCredits(sums.credits)}
        unit={words.creditsUnit}
        href={requests}
        {...common}
      />
      <Stat label={words.cost} value={sums && formatMoney(sums.cost)} unit={words.usd} href={requests} {...common} />
      <Stat label={words.calls} value={sums && formatCount(sums.requests)} href={requests} {...common} />
      <Stat
        label={words.failed}
        value={sums && formatCount(sums.errors)}
        href={`${requests}&status=failed`}
        {...common}
      />
      <Stat label={words.input} value={tokens('inputTokens')} {...common} />
      <Stat label={words.output} value={tokens('outputTokens')} {...common} />
    </StatRow>
  )
}

const TokensChart = ({ load, range }: { load: Load<UsageSeries>; range: Range }) => (
  <Panel title={words.tokens} description={load.data ? `${range.label}, ${stepText(load.data)}` : range.label}>
    <Loaded {...load} skeleton={<Skeleton height={height + 22} />}>
      {({ points }) => (
        <TimeChart
          label={words.tokens}
          times={points.map(({ at }) => at)}
          series={[
            { label: words.input, values: points.map((point) => point.inputTokens), fill: true },
            { label: words.output, values: points.map((point) => point.outputTokens), color: 1 },
          ]}
          unit={words.tokensUnit}
          format={formatCompact}
          height={height}
          syncKey="overview"
          emptyReason={words.tokensEmpty}
        />
      )}
    </Loaded>
  </Panel>
)

type Item = Breakdown['items'][number]

const Models = ({ userId, range }: { userId: string; range: Range }) => {
  const { href } = useScope()
  const models = useLoad(
    ['usage', 'breakdown', 'person', range.link],
    (api, signal) => api.usage.breakdown({ query: { by: 'model', ...range.span(), userId } }, { signal }),
    { everyMs },
  )
  return (
    <Panel
      title={words.models}
      description={models.data && words.modelsSince(formatExact(models.data.from))}
      flush={Boolean(models.data && models.data.items.length > 0)}
    >
      <Loaded {...models} skeleton={<Skeleton rows={3} height={20} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Text muted>{words.none}</Text>
          ) : (
            <Table
              label={words.models}
              columns={columns}
              rows={items}
              rowId={({ id }) => id}
              rowHref={({ id }) => href(`requests?${range.link}&model=${encodeURIComponent(id)}`)}
            />
          )
        }
      </Loaded>
    </Panel>
  )
}

const columns: Column<Item>[] = [
  { key: 'model', header: words.model, value: ({ name }) => name, primary: true },
  counted('requests', words.calls, ({ requests }) => requests),
  counted('errors', words.failed, ({ errors }) => errors),
  counted('input', words.input, ({ inputTokens }) => inputTokens),
  counted('output', words.output, ({ outputTokens }) => outputTokens),
  {
    key: 'credits',
    header: words.credits,
    unit: words.creditsUnit,
    numeric: true,
    value: ({ credits }) => credits,
    render: ({ credits }) => <CreditsAmount value={credits} bare />,
  },
  {
    key: 'cost',
    header: words.cost,
    unit: words.usd,
    numeric: true,
    value: ({ cost }) => cost.amount,
    render: ({ cost }) => formatMoney(cost.amount),
  },
]

function counted(key: string, header: string, value: (item: Item) => number): Column<Item> {
  return { key, header, numeric: true, value, render: (item) => formatCount(value(item)) }
}
