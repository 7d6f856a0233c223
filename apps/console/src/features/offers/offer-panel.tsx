import type { Model } from '@cockpit/contract/models'
import type { ModelOffer } from '@cockpit/contract/offers'
import { Alert, Button, IconPlus, Link, Properties, SidePanel, Stack } from '@cockpit/ui'
import { useScope } from '../../app/scope.tsx'
import { Capabilities, formatPrice } from '../models/values.tsx'
import { kindLabel } from '../providers/presets.ts'
import { OurModel, TokensOrUnknown } from './columns.tsx'
import { offerKey } from './filters.ts'
import { offerText as t } from './strings.ts'

/** One offer beside the list: all its figures, and where they come from. */
export const OfferPanel = ({
  offer,
  model,
  onClose,
}: {
  offer: ModelOffer | undefined
  model: Model | undefined
  onClose: () => void
}) => {
  const { can, href } = useScope()
  return (
    <SidePanel
      opened={offer !== undefined}
      onClose={onClose}
      title={offer?.displayName ?? ''}
      actions={
        offer &&
        can('provider.write') && (
          <Button kind="primary" icon={<IconPlus size={14} />} href={href(addPath(offer))}>
            {t.add}
          </Button>
        )
      }
    >
      {offer && (
        <Stack gap={16}>
          {offer.dearerWhenLong && <Alert tone="amber">{t.long}</Alert>}
          <Properties
            items={[
              { label: t.model, value: <span className="ck-mono">{offer.model}</span> },
              { label: t.provider, value: kindLabel(offer.kind) },
              { label: t.ours, value: <OurModel model={model} offer={offer} href={href} /> },
              { label: `${t.input}, ${t.perMillion}`, value: formatPrice(offer.prices.input) },
              { label: `${t.output}, ${t.perMillion}`, value: formatPrice(offer.prices.output) },
              { label: `${t.cached}, ${t.perMillion}`, value: <Rate price={offer.prices.cachedInput} /> },
              { label: `${t.cacheWrite}, ${t.perMillion}`, value: <Rate price={offer.prices.cacheWrite} /> },
              { label: `${t.context}, ${t.tokens}`, value: <TokensOrUnknown value={offer.contextTokens} /> },
              { label: `${t.outputMax}, ${t.tokens}`, value: <TokensOrUnknown value={offer.outputTokensMax} /> },
              { label: t.capabilities, value: <Capabilities of={offer.capabilities} /> },
              { label: t.asOf, value: offer.asOf },
              { label: t.page, value: <Link href={offer.page}>{new URL(offer.page).host}</Link> },
            ]}
          />
        </Stack>
      )}
    </SidePanel>
  )
}

const Rate = ({ price }: { price: string | null }) =>
  price === null ? <span className="ck-muted">{t.asInput}</span> : formatPrice(price)

export const addPath = (offer: ModelOffer): string => `models/new?offer=${encodeURIComponent(offerKey(offer))}`
