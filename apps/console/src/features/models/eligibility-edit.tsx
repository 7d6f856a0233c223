import type { Account } from '@cockpit/contract/accounts'
import type { Model, ModelChain } from '@cockpit/contract/models'
import {
  Button,
  type Column,
  EmptyState,
  LeaveGuard,
  ListPage,
  Loaded,
  Page,
  Stack,
  StatusBadge,
  Switch,
} from '@cockpit/ui'
import { useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useParam, useSearchState } from '../../app/location.ts'
import { baseOf, useScope } from '../../app/scope.tsx'
import { ReviewSet } from './review-set.tsx'
import { SelectionBar, SetMode } from './selection-bar.tsx'
import { effectOf, resolve } from './sets.ts'
import { capabilityOptions, modelText } from './strings.ts'
import { type DraftSet, useDraftSet } from './use-draft-set.ts'
import { CapabilityList, capabilityText, formatPrice, ModelName, matches } from './values.tsx'

const t = messages('eligibilityEdit', {
  title: (name: string) => `Models for ${name}`,
  loading: 'Models for an account',
  about: 'Which models of the platform this account may choose from. Its own models need no permission here.',
  back: 'Eligibility',
  mode: 'The account may choose from',
  all: 'All models, also future ones',
  eligible: 'Eligible',
  use: (name: string) => `Offer ${name}`,
  selects: 'Account selects it',
  review: 'Save the eligibility?',
  save: 'Save eligibility',
  none: 'The platform has no models yet',
  noneText: 'Add models to the catalog first; then choose here who may use them.',
  offer: 'Offer',
  withdraw: 'Withdraw',
  chain: 'Open its chain',
})

export const EligibilityEditPage = () => {
  const id = useParam('id')
  const { href } = useScope()
  const both = useLoad(['model-eligibility', id], async (api, signal) => ({
    account: await api.accounts.get({ params: { id } }, { signal }),
    chain: await apiFor(id).models.chain({}, { signal }),
  }))
  if (both.data) return <Editor key={id} {...both.data} />
  return (
    <Page title={t.loading} back={{ href: href('models/eligibility'), label: t.back }}>
      <Loaded {...both}>{() => null}</Loaded>
    </Page>
  )
}

const Editor = ({ account, chain }: { account: Account; chain: ModelChain }) => {
  const { api, href } = useScope()
  const { search, setSearch } = useSearchState()
  const refresh = useRefresh()
  const [reviewing, setReviewing] = useState(false)
  const offered = chain.items.flatMap(({ model }) => (model.ownedBy === 'platform' ? [model] : []))
  const draft = useDraftSet(
    chain.eligibility,
    offered.map(({ id }) => id),
  )
  const effect = effectOf(resolve(chain), resolve(chain, { eligibility: draft.set }))
  return (
    <>
      <LeaveGuard form={{ dirty: draft.changed, busy: false }} />
      <ListPage<Model>
        title={t.title(account.name)}
        description={t.about}
        back={{ href: href('models/eligibility'), label: t.back }}
        actions={<Button href={`${baseOf(account.id)}/models`}>{t.chain}</Button>}
        noun={modelText.noun}
        columns={columnsOf(chain, draft)}
        rows={offered.filter((model) => matches(model, search.q, search.capability))}
        rowId={({ id }) => id}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={modelText.search}
        filters={[{ kind: 'select', key: 'capability', label: modelText.capability, options: capabilityOptions }]}
        extra={<SetMode draft={draft} label={t.mode} all={t.all} />}
        bulk={(chosen, clear) => {
          const act = (on: boolean) => {
            draft.toggle(
              chosen.map(({ id }) => id),
              on,
            )
            clear()
          }
          return (
            <>
              <Button onClick={() => act(true)}>{t.offer}</Button>
              <Button onClick={() => act(false)}>{t.withdraw}</Button>
            </>
          )
        }}
        before={
          draft.changed && (
            <Stack gap={12} className="ck-before">
              <SelectionBar draft={draft} effect={effect} onReview={() => setReviewing(true)} />
            </Stack>
          )
        }
        empty={<EmptyState title={t.none} text={t.noneText} />}
      />
      <ReviewSet
        opened={reviewing}
        onClose={() => setReviewing(false)}
        title={t.review}
        saveLabel={t.save}
        effect={effect}
        accountId={account.id}
        onSave={async () => {
          await api.models.setEligibility({ params: { id: account.id }, body: draft.set })
          await refresh('model-eligibility')
          draft.discard()
        }}
      />
    </>
  )
}

const columnsOf = (chain: ModelChain, draft: DraftSet): Column<Model>[] => [
  {
    key: 'name',
    header: modelText.model,
    sortable: true,
    value: ({ name }) => name,
    render: (model) => <ModelName model={model} />,
  },
  {
    key: 'eligible',
    header: t.eligible,
    sortable: true,
    value: ({ id }) => (draft.has(id) ? modelText.yes : modelText.no),
    render: ({ id, name }) => (
      <Switch hideLabel label={t.use(name)} value={draft.has(id)} onChange={(on) => draft.toggle([id], on)} />
    ),
  },
  {
    key: 'selects',
    header: t.selects,
    value: ({ id }) => (selects(chain, id) ? modelText.yes : modelText.no),
    render: ({ id }) => (
      <StatusBadge
        status={selects(chain, id) ? 'ok' : 'skip'}
        label={selects(chain, id) ? modelText.yes : modelText.no}
      />
    ),
  },
  {
    key: 'status',
    header: modelText.status,
    sortable: true,
    value: ({ status }) => status,
    render: ({ status }) => <StatusBadge status={status} />,
  },
  {
    key: 'input',
    header: modelText.input,
    unit: modelText.perMillion,
    numeric: true,
    sortable: true,
    value: ({ price }) => price.prices.input,
    render: ({ price }) => formatPrice(price.prices.input),
  },
  {
    key: 'output',
    header: modelText.output,
    unit: modelText.perMillion,
    numeric: true,
    sortable: true,
    value: ({ price }) => price.prices.output,
    render: ({ price }) => formatPrice(price.prices.output),
  },
  {
    key: 'capabilities',
    header: modelText.capabilities,
    value: capabilityText,
    render: (model) => <CapabilityList model={model} />,
  },
]

const selects = (chain: ModelChain, id: string) =>
  chain.items.some(({ model, selected }) => model.id === id && selected)
