import { type TrafficBy, type TrafficPart, type TrafficPicture, trafficRest } from '@cockpit/contract/traffic'
import {
  type Column,
  CreditsAmount,
  Duration,
  formatCompact,
  formatCount,
  formatPercent,
  Link,
  None,
  Panel,
  SegmentedControl,
  Table,
  Text,
} from '@cockpit/ui'
import { usePageHref } from '../../app/links.ts'
import { t } from './strings.ts'

const headers: Record<TrafficBy, string> = { model: t.model, connection: t.connection, key: t.key, account: t.account }

/** What the traffic of the range is made of, the busiest first. */
export const Parts = ({
  picture,
  by,
  options,
  onBy,
}: {
  picture: TrafficPicture
  by: TrafficBy
  options: readonly TrafficBy[]
  onBy: (by: TrafficBy) => void
}) => {
  const hrefOf = useHrefOf(picture.by)
  // while another division is on its way, the rows are those of the one before
  const columns = columnsOf(picture.by, hrefOf)
  return (
    <Panel
      flush
      title={t.parts}
      description={t.lastMinutes(picture.minutes)}
      actions={
        <SegmentedControl
          label={t.by}
          hideLabel
          value={by}
          options={options.map((value) => ({ value, label: headers[value] }))}
          onChange={onBy}
        />
      }
    >
      {picture.parts.length === 0 ? (
        <div className="ck-panel-body">
          <Text muted>{t.none}</Text>
        </div>
      ) : (
        <Table label={t.parts} columns={columns} rows={picture.parts} rowId={({ id }) => id || 'none'} />
      )}
    </Panel>
  )
}

const nameOf = (by: TrafficBy, { id, name }: TrafficPart): string =>
  id === trafficRest
    ? t.noName
    : id === '' && by === 'model'
      ? t.noModel
      : id === '' && by === 'connection'
        ? t.noConnection
        : name

/** The page of a part, where there is one that this person may open. */
const useHrefOf = (by: TrafficBy) => {
  const pageHref = usePageHref()
  return ({ id, name }: TrafficPart): string | undefined => {
    if (id === '' || id === trafficRest) return undefined
    if (by === 'account') return pageHref('traffic', {}, { accountId: id })
    if (by === 'key') return pageHref('keys/$keyId', { keyId: id })
    if (by === 'connection')
      return name === 'Platform' ? undefined : pageHref('providers/$connectionId', { connectionId: id })
    const requests = pageHref('requests')
    return requests && `${requests}?model=${encodeURIComponent(id)}&range=1h`
  }
}

const time = (key: string, header: string, of: (part: TrafficPart) => number | null): Column<TrafficPart> => ({
  key,
  header,
  numeric: true,
  value: of,
  render: (part) => {
    const ms = of(part)
    return ms === null ? <None /> : <Duration ms={ms} />
  },
})

const columnsOf = (by: TrafficBy, hrefOf: (part: TrafficPart) => string | undefined): Column<TrafficPart>[] => [
  {
    key: 'name',
    header: headers[by],
    primary: true,
    value: (part) => nameOf(by, part),
    render: (part) => {
      const href = hrefOf(part)
      return href ? <Link href={href}>{nameOf(by, part)}</Link> : nameOf(by, part)
    },
  },
  {
    key: 'requests',
    header: t.requests,
    numeric: true,
    value: ({ requests }) => requests,
    render: ({ requests }) => formatCount(requests),
  },
  {
    key: 'errors',
    header: t.failedShort,
    numeric: true,
    value: ({ errors }) => errors,
    render: ({ errors, requests }) =>
      errors === 0 ? (
        '0'
      ) : (
        <span className="ck-ink-red">{`${formatCount(errors)} (${formatPercent(errors / requests)})`}</span>
      ),
  },
  {
    key: 'input',
    header: t.input,
    unit: t.tokens.toLowerCase(),
    numeric: true,
    value: ({ inputTokens }) => inputTokens,
    render: ({ inputTokens }) => formatCompact(inputTokens),
  },
  {
    key: 'output',
    header: t.output,
    unit: t.tokens.toLowerCase(),
    numeric: true,
    value: ({ outputTokens }) => outputTokens,
    render: ({ outputTokens }) => formatCompact(outputTokens),
  },
  {
    key: 'credits',
    header: t.spend,
    unit: 'cr',
    numeric: true,
    value: ({ credits }) => credits,
    render: ({ credits }) => <CreditsAmount value={String(credits)} bare />,
  },
  time('p50', `${t.latency} ${t.p50}`, ({ p50Ms }) => p50Ms),
  time('p95', `${t.latency} ${t.p95}`, ({ p95Ms }) => p95Ms),
  time('ttft50', `${t.ttft} ${t.p50}`, ({ ttftP50Ms }) => ttftP50Ms),
  time('ttft95', `${t.ttft} ${t.p95}`, ({ ttftP95Ms }) => ttftP95Ms),
]
