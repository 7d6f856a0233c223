import type { ModelOffer } from '@cockpit/contract/offers'
import {
  Alert,
  Button,
  EmptyState,
  IconButton,
  IconListDetails,
  IconPlus,
  ListPage,
  RelativeTime,
  useNavigation,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { contextFilter, priceFilter } from '../models/narrowing.ts'
import { capabilityOptions } from '../models/strings.ts'
import { kindOptions } from '../providers/presets.ts'
import { offerColumns } from './columns.tsx'
import { CompareOffers } from './compare.tsx'
import { comparedIn, compareMost, modelsByOffer, offerKey, staysUnder } from './filters.ts'
import { addPath, OfferPanel } from './offer-panel.tsx'
import { offerText as t } from './strings.ts'

export const OffersPage = () => {
  const { can, href } = useScope()
  const { search, setSearch } = useSearchState()
  const { navigate } = useNavigation()
  const offers = useLoad(['offers'], (api, signal) => api.offers.list({}, { signal }))
  const models = useOurModels()
  const all = offers.data?.items ?? []
  const kinds = new Set(all.map(({ kind }) => kind))
  const shown = all.find((offer) => offerKey(offer) === search.offer)
  const failure = offers.data?.failure
  return (
    <>
      <ListPage<ModelOffer>
        title={t.title}
        description={t.about}
        noun={t.noun}
        columns={offerColumns({ models, href })}
        rows={offers.data?.items.filter(staysUnder(search))}
        error={offers.error}
        retry={offers.retry}
        rowId={offerKey}
        onRowClick={(row) => setSearch({ offer: offerKey(row) })}
        activeId={search.offer}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={t.search}
        filters={[
          {
            kind: 'select',
            key: 'kind',
            label: t.provider,
            options: kindOptions.filter(({ value }) => kinds.has(value)),
          },
          {
            kind: 'select',
            key: 'capability',
            label: t.capability,
            options: capabilityOptions.filter(({ value }) => value !== 'streaming'),
          },
          priceFilter,
          contextFilter,
        ]}
        bulk={(rows, clear) => (
          <Button
            disabled={rows.length > compareMost}
            onClick={() => {
              setSearch({ compare: rows.map(offerKey).join(',') })
              clear()
            }}
          >
            {rows.length > compareMost ? t.compareMost : t.compare}
          </Button>
        )}
        {...(can('provider.write') && {
          rowActions: (row: ModelOffer) => (
            <IconButton label={t.add} icon={<IconPlus size={14} />} onClick={() => navigate(href(addPath(row)))} />
          ),
        })}
        before={
          failure && (
            <Alert tone="amber" title={t.failed}>
              {failure.reason} <RelativeTime at={failure.at} />
            </Alert>
          )
        }
        empty={<EmptyState icon={<IconListDetails size={28} stroke={1.5} />} title={t.none} text={t.noneText} />}
      />
      <OfferPanel
        offer={shown}
        model={shown && models.get(offerKey(shown))}
        onClose={() => setSearch({ offer: undefined })}
      />
      <CompareOffers offers={comparedIn(search.compare, all)} onClose={() => setSearch({ compare: undefined })} />
    </>
  )
}

/** Which of our models run on which offer, for readers who may see connections. */
const useOurModels = () => {
  const { can } = useScope()
  const enabled = can('provider.read')
  const models = useLoad(['models', 'first'], (api, signal) => api.models.list({ query: { limit: 100 } }, { signal }), {
    enabled,
  })
  const connections = useLoad(
    ['providers', 'all'],
    (api, signal) => api.providers.list({ query: { limit: 100 } }, { signal }),
    { enabled },
  )
  return modelsByOffer(models.data?.items ?? [], connections.data?.items ?? [])
}
