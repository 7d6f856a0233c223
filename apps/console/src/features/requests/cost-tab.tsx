import type { RequestDetail } from '@cockpit/contract/usage'
import { Alert, type Column, EmptyState, formatCount, IconCoins, Link, Panel, Stack, Table, Text } from '@cockpit/ui'
import { usePageHref } from '../../app/links.ts'
import { derivePrice, type PriceLine } from './price.ts'
import { priced } from './strings.ts'

export const CostTab = ({ request }: { request: RequestDetail }) => {
  const { price, tokens, service } = request
  const pageHref = usePageHref()
  const modelId = request.explanation.steps.map(({ source }) => /\bmdl_[0-9a-z]+\b/.exec(source)?.[0]).find(Boolean)
  if (!price)
    return <EmptyState icon={<IconCoins size={28} stroke={1.5} />} title={priced.noPrice} text={priced.noPriceText} />
  const version = priced.version(String(price.version))
  const modelHref = modelId && (pageHref('models/$modelId', { modelId }) ?? pageHref('models'))
  return (
    <Stack>
      <Text muted>
        {priced[tokens.source]} {service && priced.service(service)}
      </Text>
      {price.perMillion ? (
        <Panel
          title={priced.title}
          description={
            <>
              {modelHref ? <Link href={modelHref}>{request.model}</Link> : request.model} · {version}
            </>
          }
          flush
        >
          <Derivation request={request} lines={derivePrice(request, price.perMillion)} factor={price.factor} />
        </Panel>
      ) : (
        <>
          <Alert title={priced.gone}>{priced.goneText(String(price.version))}</Alert>
          <Panel title={priced.tokensOf} flush>
            <Table
              label={priced.tokensOf}
              rows={amountsOf(request, price.factor)}
              rowId={(row) => row.key}
              columns={columns}
            />
          </Panel>
        </>
      )}
    </Stack>
  )
}

type Line = {
  key: string
  label: string
  note?: string
  quantity?: number
  rate?: string
  amount: string
  strong?: boolean
}

const Derivation = ({
  request,
  lines: { lines, sum },
  factor,
}: {
  request: RequestDetail
  lines: ReturnType<typeof derivePrice>
  factor: string
}) => (
  <Table
    label={priced.title}
    rowId={(row) => row.key}
    columns={columns}
    rows={[
      ...lines.map(toLine),
      { key: 'sum', label: priced.sum, amount: `${sum} ${priced.usdUnit}` },
      ...amountsOf(request, factor),
    ]}
  />
)

const toLine = ({ what, quantity, rate, isPiece, as, usd, note }: PriceLine, place: number): Line => ({
  key: `${place}`,
  label: priced[what],
  ...(as ? { note: priced.billedAs(priced[as].toLowerCase()) } : note ? { note } : {}),
  quantity,
  rate: isPiece ? priced.each(rate) : rate,
  amount: `${usd} ${priced.usdUnit}`,
})

const amountsOf = ({ cost, credits }: RequestDetail, factor: string): Line[] => [
  { key: 'cost', label: priced.rounded, amount: `${cost.amount} ${cost.currency}`, strong: true },
  { key: 'credits', label: priced.times(factor), amount: `${credits} ${priced.creditsUnit}`, strong: true },
]

const columns: Column<Line>[] = [
  {
    key: 'what',
    header: priced.what,
    value: (row) => row.label,
    render: (row) => (
      <>
        <Text strong={row.strong ?? false}>{row.label}</Text> {row.note && <Text muted>{row.note}</Text>}
      </>
    ),
  },
  {
    key: 'quantity',
    header: priced.quantity,
    numeric: true,
    value: (row) => row.quantity,
    render: (row) => (row.quantity === undefined ? '' : formatCount(row.quantity)),
  },
  {
    key: 'rate',
    header: priced.rate,
    unit: priced.perMillion,
    numeric: true,
    value: (row) => row.rate,
    render: (row) => row.rate ?? '',
  },
  {
    key: 'amount',
    header: priced.usd,
    numeric: true,
    value: (row) => row.amount,
    render: (row) => <Text strong={row.strong ?? false}>{row.amount}</Text>,
  },
]
