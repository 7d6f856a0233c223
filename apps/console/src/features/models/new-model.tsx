import type { ModelSet } from '@cockpit/contract/models'
import type { ModelOffer } from '@cockpit/contract/offers'
import type { ProviderConnection } from '@cockpit/contract/providers'
import { Alert, Button, EmptyState, FormPage, Heading, Loaded, Page, useForm } from '@cockpit/ui'
import { useRef } from 'react'
import { type Loaded as Answer, useLoad, useRefresh } from '../../app/data.ts'
import { useFormEnds } from '../../app/form-page.tsx'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { offerKey } from '../offers/filters.ts'
import { kindLabel } from '../providers/presets.ts'
import { ModelFields } from './model-fields.tsx'
import { emptyModel, type ModelValues, missingModel, modelInput } from './model-values.ts'
import { missingPrices, noPrices, PriceFields, type PriceValues, priceInput, priceValuesOf } from './price-fields.tsx'
import { modelText } from './strings.ts'

const t = messages('newModel', {
  title: 'Add a model',
  ownAbout: 'A model on your own connections. Only this account sees and pays it.',
  platformAbout: 'A model of the platform. Accounts that are eligible for it may select it.',
  prices: 'Prices',
  pricesHelp: 'US dollars for a million tokens. Costs and credits are counted with them; 0 makes requests free.',
  list: 'The selection of this account is a list: a new model is not on it. Select it on the page of models.',
  save: 'Add model',
  saved: 'Model added.',
  none: 'No connection to run it on',
  noneText: 'A model runs on a provider connection of the same owner. Connect one first; the demo needs no key.',
  connect: 'Connect provider',
  noneOfKind: (kind: string) => `No connection to ${kind} yet`,
  noneOfKindText: 'Connect it first; then its model is added with what it offers.',
  offered: (asOf: string, page: string) =>
    `Filled in with what is known as of ${asOf}. Compare it with ${page}; everything is yours to change.`,
  long: 'The provider asks for more with long prompts, which these prices do not cover.',
})

export const NewModelPage = () => {
  const { accountId, href, can } = useScope()
  const { search } = useSearchState()
  const back = { href: href('models'), label: modelText.back }
  const connections = useLoad(['providers', 'all'], (api, signal) =>
    api.providers.list({ query: { limit: 100 } }, { signal }),
  )
  const chain = useLoad(['model-chain'], (api, signal) => api.models.chain({}, { signal }), {
    enabled: accountId !== null && can('model.read'),
  })
  const offers = useLoad(['offers'], (api, signal) => api.offers.list({}, { signal }), {
    enabled: search.offer !== undefined,
  })
  const offer = offers.data?.items.find((one) => offerKey(one) === search.offer)
  const items = connections.data?.items
  const able = offer ? items?.filter(({ kind }) => kind === offer.kind) : items
  const waited: Answer<unknown> = search.offer === undefined || offers.data ? connections : offers
  // a form mounts after its data
  if (items && able?.[0] && (search.offer === undefined || offers.data))
    return (
      <NewModelForm
        connections={items}
        connectionId={search.connection ?? able[0].id}
        upstream={offer?.model ?? search.upstream ?? ''}
        offer={offer}
        selection={chain.data?.selection}
      />
    )
  return (
    <Page title={t.title} back={back}>
      <Loaded {...waited}>
        {() => (
          <EmptyState
            title={offer ? t.noneOfKind(kindLabel(offer.kind)) : t.none}
            text={offer ? t.noneOfKindText : t.noneText}
            action={
              <Button kind="primary" href={href(offer ? `providers/new?kind=${offer.kind}` : 'providers/new')}>
                {t.connect}
              </Button>
            }
          />
        )}
      </Loaded>
    </Page>
  )
}

const NewModelForm = ({
  connections,
  connectionId,
  upstream,
  offer,
  selection,
}: {
  connections: readonly ProviderConnection[]
  connectionId: string | null
  upstream: string
  offer: ModelOffer | undefined
  selection: ModelSet | undefined
}) => {
  const { accountId, api, href } = useScope()
  const refresh = useRefresh()
  const madeId = useRef('')
  const ends = useFormEnds({
    back: { href: href('models'), label: modelText.back },
    saved: t.saved,
    on: () => href(`models/${madeId.current}`),
  })
  const form = useForm<ModelValues & PriceValues & Record<string, unknown>>({
    initial: {
      ...emptyModel(connectionId),
      name: upstream,
      deployments: [{ connectionId, upstreamModel: upstream }],
      ...noPrices,
      ...(offer && valuesOf(offer)),
    },
    check: (values) => ({ ...missingModel(values), ...missingPrices(values) }),
    submit: async (values) => {
      madeId.current = (await api.models.create({ body: { ...modelInput(values), prices: priceInput(values) } })).id
      await refresh('models', 'model-chain', 'providers')
    },
  })
  return (
    <FormPage
      title={t.title}
      description={accountId ? t.ownAbout : t.platformAbout}
      form={form}
      submitLabel={t.save}
      {...ends}
    >
      {offer && (
        <Alert tone={offer.dearerWhenLong ? 'amber' : 'blue'}>
          {t.offered(offer.asOf, new URL(offer.page).host)} {offer.dearerWhenLong && t.long}
        </Alert>
      )}
      <ModelFields form={form} connections={connections} />
      <div>
        <Heading>{t.prices}</Heading>
        <span className="ck-help">{t.pricesHelp}</span>
      </div>
      <PriceFields form={form} />
      {selection?.mode === 'list' && <Alert>{t.list}</Alert>}
    </FormPage>
  )
}

/** What a form begins with for an offer. Callers may not write every name providers have. */
const valuesOf = (offer: ModelOffer) => ({
  name: offer.model.slice(offer.model.lastIndexOf('/') + 1),
  displayName: offer.displayName,
  capabilities: offer.capabilities,
  contextTokens: offer.contextTokens,
  outputTokensMax: offer.outputTokensMax,
  ...priceValuesOf(offer.prices),
})
