import type { ModelOffer } from '@cockpit/contract/offers'
import { Modal, None } from '@cockpit/ui'
import { CompareTable, type Fact } from '../models/compare-table.tsx'
import { capabilityOptions, modelText } from '../models/strings.ts'
import { formatPrice } from '../models/values.tsx'
import { kindLabel } from '../providers/presets.ts'
import { TokensOrUnknown } from './columns.tsx'
import { offerKey } from './filters.ts'
import { offerText as t } from './strings.ts'

const rate = (price: string | null) =>
  price === null ? <span className="ck-muted">{t.asInput}</span> : formatPrice(price)

const facts: readonly Fact<ModelOffer>[] = [
  { name: t.provider, of: ({ kind }) => kindLabel(kind) },
  { name: `${t.input}, ${t.perMillion}`, of: ({ prices }) => formatPrice(prices.input) },
  { name: `${t.output}, ${t.perMillion}`, of: ({ prices }) => formatPrice(prices.output) },
  { name: `${t.cached}, ${t.perMillion}`, of: ({ prices }) => rate(prices.cachedInput) },
  { name: `${t.cacheWrite}, ${t.perMillion}`, of: ({ prices }) => rate(prices.cacheWrite) },
  { name: `${t.context}, ${t.tokens}`, of: ({ contextTokens }) => <TokensOrUnknown value={contextTokens} /> },
  { name: `${t.outputMax}, ${t.tokens}`, of: ({ outputTokensMax }) => <TokensOrUnknown value={outputTokensMax} /> },
  ...capabilityOptions
    .filter(({ value }) => value !== 'streaming')
    .map(({ value, label }) => ({
      name: label,
      of: ({ capabilities }: ModelOffer) =>
        capabilities.includes(value) ? modelText.yes : <None label={modelText.no} />,
    })),
  { name: t.asOf, of: ({ asOf }) => asOf },
]

/** Up to four offers, a column each. */
export const CompareOffers = ({ offers, onClose }: { offers: readonly ModelOffer[]; onClose: () => void }) => (
  <Modal opened={offers.length > 0} onClose={onClose} title={t.compareTitle} size="xl">
    <CompareTable
      label={t.compareTitle}
      fact={t.fact}
      facts={facts}
      things={offers.map((offer) => ({ key: offerKey(offer), header: offer.model, value: offer }))}
    />
  </Modal>
)
