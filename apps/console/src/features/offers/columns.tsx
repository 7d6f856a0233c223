import type { Model } from '@cockpit/contract/models'
import type { ModelOffer } from '@cockpit/contract/offers'
import { Badge, type Column, Link, None, Row, Tokens } from '@cockpit/ui'
import { capabilityLabels } from '../models/strings.ts'
import { formatPrice } from '../models/values.tsx'
import { kindLabel } from '../providers/presets.ts'
import { hasOtherPrice, offerKey } from './filters.ts'
import { offerText as t } from './strings.ts'

type Ours = { models: ReadonlyMap<string, Model>; href: (path: string) => string }

export const offerColumns = ({ models, href }: Ours): Column<ModelOffer>[] => [
  {
    key: 'model',
    header: t.model,
    sortable: true,
    primary: true,
    value: (row) => row.model,
    render: (row) => (
      <>
        <span className="ck-mono">{row.model}</span>
        {row.displayName !== row.model && <span className="ck-muted"> {row.displayName}</span>}
      </>
    ),
  },
  { key: 'kind', header: t.provider, sortable: true, value: (row) => kindLabel(row.kind) },
  {
    key: 'input',
    header: t.input,
    unit: t.perMillion,
    numeric: true,
    sortable: true,
    value: (row) => row.prices.input,
    render: (row) => formatPrice(row.prices.input),
  },
  {
    key: 'output',
    header: t.output,
    unit: t.perMillion,
    numeric: true,
    sortable: true,
    value: (row) => row.prices.output,
    render: (row) => formatPrice(row.prices.output),
  },
  {
    key: 'context',
    header: t.context,
    unit: t.tokens,
    numeric: true,
    sortable: true,
    value: (row) => row.contextTokens,
    render: (row) => <TokensOrUnknown value={row.contextTokens} />,
  },
  {
    key: 'ours',
    header: t.ours,
    sortable: true,
    value: (row) => models.get(offerKey(row))?.name,
    render: (row) => <OurModel model={models.get(offerKey(row))} offer={row} href={href} />,
  },
  {
    key: 'capabilities',
    header: t.capabilities,
    value: capabilitiesOf,
    render: (row) => <span title={capabilitiesOf(row)}>{capabilitiesOf(row)}</span>,
  },
]

const capabilitiesOf = ({ capabilities }: ModelOffer): string =>
  capabilities
    .filter((capability) => capability !== 'streaming')
    .map((capability) => capabilityLabels[capability])
    .join(', ')

export const TokensOrUnknown = ({ value }: { value: number | null }) =>
  value === null ? <None label={t.unknown} /> : <Tokens bare value={value} />

export const OurModel = ({
  model,
  offer,
  href,
}: {
  model: Model | undefined
  offer: ModelOffer
  href: (path: string) => string
}) =>
  model ? (
    <Row gap={8} wrap={false}>
      <Link href={href(`models/${model.id}`)}>{model.name}</Link>
      {hasOtherPrice(model, offer) && <Badge tone="amber">{t.otherPrice}</Badge>}
    </Row>
  ) : (
    <None label={t.notOurs} />
  )
