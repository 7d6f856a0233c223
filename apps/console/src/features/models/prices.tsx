import type { Model } from '@cockpit/contract/models'
import { Unit } from '@cockpit/contract/prices'
import {
  Button,
  type Column,
  Heading,
  IconPlus,
  Loaded,
  RelativeTime,
  Row,
  Stack,
  StatusBadge,
  Table,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { PriceHistory } from './price-history.tsx'
import { PriceModal } from './price-modal.tsx'
import { modelText } from './strings.ts'
import { formatPrice } from './values.tsx'

const t = messages('prices', {
  title: 'Prices, by version',
  about: 'USD for a million tokens. A request is billed with the version in force when it began, for ever.',
  add: 'New price',
  version: 'Version',
  state: 'Status',
  now: 'In force',
  coming: 'Coming',
  past: 'Past',
  from: 'From',
  cachedInput: 'Cached',
  cacheWrite: 'Cache write',
  reasoning: 'Reasoning',
  asInput: 'as input',
  asOutput: 'as output',
  by: 'By',
  more: (version: number) => `v${version} also, in USD:`,
  tiers: (count: number) => (count === 1 ? '1 tier' : `${count} tiers`),
  perUnit: (unit: string, price: string) => `${price} per ${unit}`,
  image: 'picture',
  audio_second: 'second of audio',
  character: 'character',
  page: 'page',
  search: 'search',
  request: 'request',
  special: (price: string, what: string) => `${price} per 1M ${what}`,
  cacheWrite1h: 'kept for an hour',
  audioInput: 'heard',
  audioOutput: 'spoken',
})

type Version = Model['price']

/** What has no column because few models have it: prices by the piece, tiers, spoken tokens. */
const Besides = ({ versions }: { versions: readonly Version[] }) => (
  <>
    {versions.map(({ version, prices }) => {
      const more = besides(prices)
      return more.length === 0 ? null : (
        <p key={version} className="ck-help">
          {t.more(version)} {more.join(' · ')}
        </p>
      )
    })}
  </>
)

/** What a model costs now, what it cost and what it will cost. */
export const Prices = ({ model, editable }: { model: Model; editable: boolean }) => {
  const { can } = useScope()
  const [open, setOpen] = useState(false)
  const versions = useLoad(
    ['models', model.id, 'prices'],
    (api, signal) => api.models.prices({ params: { id: model.id } }, { signal }),
    { enabled: can('catalog.read') },
  )
  const columns = columnsOf(model.price.version)
  return (
    <Stack gap={8}>
      <Row justify="between">
        <div>
          <Heading>{t.title}</Heading>
          <p className="ck-help">{t.about}</p>
        </div>
        {editable && (
          <Button icon={<IconPlus size={14} />} onClick={() => setOpen(true)}>
            {t.add}
          </Button>
        )}
      </Row>
      {can('catalog.read') ? (
        <Loaded {...versions}>
          {({ items }) => (
            <>
              <PriceHistory versions={items} />
              <Table label={t.title} columns={columns} rows={items} rowId={({ version }) => String(version)} />
              <Besides versions={items} />
            </>
          )}
        </Loaded>
      ) : (
        <>
          <Table label={t.title} columns={columns} rows={[model.price]} rowId={({ version }) => String(version)} />
          <Besides versions={[model.price]} />
        </>
      )}
      {editable && <PriceModal model={model} opened={open} onClose={() => setOpen(false)} />}
    </Stack>
  )
}

const amount = (
  key: 'input' | 'output' | 'cachedInput' | 'cacheWrite' | 'reasoning',
  header: string,
  otherwise: string,
): Column<Version> => ({
  key,
  header,
  unit: modelText.perMillion,
  numeric: true,
  value: ({ prices }) => prices[key],
  render: ({ prices }) => {
    const price = prices[key]
    return price === null ? <span className="ck-muted">{otherwise}</span> : formatPrice(price)
  },
})

const columnsOf = (inForce: number): Column<Version>[] => [
  { key: 'version', header: t.version, value: ({ version }) => version, render: ({ version }) => `v${version}` },
  {
    key: 'state',
    header: t.state,
    value: (row) => stateOf(row, inForce),
    render: (row) => {
      const state = stateOf(row, inForce)
      return <StatusBadge status={state} label={t[state]} tone={tones[state]} />
    },
  },
  {
    key: 'from',
    header: t.from,
    value: ({ effectiveFrom }) => effectiveFrom,
    render: ({ effectiveFrom }) => <RelativeTime at={effectiveFrom} />,
  },
  amount('input', modelText.input, ''),
  amount('output', modelText.output, ''),
  amount('cachedInput', t.cachedInput, t.asInput),
  amount('cacheWrite', t.cacheWrite, t.asInput),
  amount('reasoning', t.reasoning, t.asOutput),
  { key: 'by', header: t.by, value: ({ createdBy }) => createdBy },
]

const specials = ['cacheWrite1h', 'audioInput', 'audioOutput'] as const

/** What has a price besides the plain rates, in a few words each. */
const besides = ({ units = {}, images = [], tiers = [], ...rates }: Version['prices']): string[] => [
  ...specials.flatMap((rate) => (rates[rate] ? [t.special(formatPrice(rates[rate]), t[rate])] : [])),
  ...Unit.options.flatMap((unit) => (units[unit] ? [t.perUnit(t[unit], units[unit])] : [])),
  ...images.map(({ size, quality, price }) => t.perUnit([size, quality].filter(Boolean).join(' ') || t.image, price)),
  ...(tiers.length > 0 ? [t.tiers(tiers.length)] : []),
]

const tones = { now: 'green', coming: 'blue', past: 'neutral' } as const
const stateOf = ({ version, effectiveFrom }: Version, inForce: number): 'now' | 'coming' | 'past' =>
  version === inForce ? 'now' : new Date(effectiveFrom).getTime() > Date.now() ? 'coming' : 'past'
