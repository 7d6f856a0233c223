import type { ModelChain, ModelSet } from '@cockpit/contract/models'
import { Button, EmptyState, IconCpu, IconPlus, LeaveGuard, ListPage, Stack, toast } from '@cockpit/ui'
import { useState } from 'react'
import { type Loaded, useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { chainColumns } from './chain-columns.tsx'
import { ChainPanel } from './chain-panel.tsx'
import { ChainStages, reaches } from './chain-stages.tsx'
import { CompareButton } from './compare-button.tsx'
import { modelFilters, staysUnder } from './narrowing.ts'
import { ReviewSet } from './review-set.tsx'
import { SelectionBar, SetMode } from './selection-bar.tsx'
import { effectOf, type Resolved, resolve } from './sets.ts'
import { modelText as t } from './strings.ts'
import { useDraftSet } from './use-draft-set.ts'

const words = messages('chainPage', {
  mode: 'The account selects',
  all: 'All eligible, also future ones',
  none: 'No model in sight',
  noneText:
    'Ask the operator of this installation to offer models to this account, or connect a provider of your own and add its models.',
  connect: 'Connect provider',
  review: 'Save the selection?',
  save: 'Save selection',
  select: 'Select',
  unselect: 'Unselect',
  undone: 'The selection is as it was.',
})

export const ChainPage = () => {
  const chain = useLoad(['model-chain'], (api, signal) => api.models.chain({}, { signal }))
  return <Chain {...chain} />
}

const nothing: ModelChain = {
  eligibility: { mode: 'all', modelIds: [] },
  selection: { mode: 'all', modelIds: [] },
  items: [],
}

const Chain = ({ data, error, retry }: Loaded<ModelChain>) => {
  const { api, accountId, can, href } = useScope()
  const { search, setSearch } = useSearchState()
  const refresh = useRefresh()
  const [reviewing, setReviewing] = useState(false)
  const [previous, setPrevious] = useState<ModelSet | null>(null)
  const chain = data ?? nothing
  const eligible = resolve(chain).flatMap((item) => (item.eligible ? [item.model.id] : []))
  const draft = useDraftSet(chain.selection, eligible)
  const items = resolve(chain, { selection: draft.set })
  const effect = effectOf(resolve(chain), items)
  const stays = staysUnder(search)
  const rows = items.filter(
    (item) => reaches(item, search.stage) && stays(item.model) && (!search.owner || item.ownedBy === search.owner),
  )
  const maySelect = can('model.select')
  const save = async (set: ModelSet) => {
    await api.models.setSelection({ body: set })
    await refresh('model-chain')
    draft.discard()
  }
  const add = can('provider.write') && (
    <Button icon={<IconPlus size={14} />} href={href('models/new')}>
      {t.addOwn}
    </Button>
  )
  return (
    <>
      <LeaveGuard form={{ dirty: draft.changed, busy: false }} />
      <ListPage<Resolved>
        title={t.title}
        description={t.about}
        actions={add}
        noun={t.noun}
        columns={chainColumns(chain, draft, maySelect)}
        rows={data && rows}
        error={error}
        retry={retry}
        rowId={({ model }) => model.id}
        rowHref={({ model }) => href(`models/${model.id}`)}
        onRowClick={({ model }) => setSearch({ model: model.id })}
        activeId={search.model}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={t.search}
        filters={[
          ...modelFilters(items.map(({ model }) => model)),
          {
            kind: 'select',
            key: 'owner',
            label: t.owner,
            options: [
              { value: 'platform', label: t.platform },
              { value: 'account', label: t.own },
            ],
          },
        ]}
        extra={maySelect && data && <SetMode draft={draft} label={words.mode} all={words.all} />}
        bulk={(chosen, clear) => {
          const ids = chosen.filter((item) => item.eligible).map(({ model }) => model.id)
          const act = (on: boolean) => {
            draft.toggle(ids, on)
            clear()
          }
          return (
            <>
              <CompareButton models={chosen.map(({ model }) => model)} />
              {maySelect && (
                <>
                  <Button disabled={ids.length === 0} onClick={() => act(true)}>
                    {words.select}
                  </Button>
                  <Button disabled={ids.length === 0} onClick={() => act(false)}>
                    {words.unselect}
                  </Button>
                </>
              )}
            </>
          )
        }}
        before={
          data && (
            <Stack gap={12} className="ck-before">
              <ChainStages
                items={items}
                chain={chain}
                selection={draft.set}
                picked={search.stage}
                onPick={(stage) => setSearch({ stage })}
              />
              <SelectionBar
                draft={draft}
                effect={effect}
                onReview={() => setReviewing(true)}
                previous={previous}
                onTakeBack={(set) =>
                  void save(set).then(
                    () => {
                      setPrevious(null)
                      toast.success(words.undone)
                    },
                    (failure: Error) => toast.error(failure.message),
                  )
                }
              />
            </Stack>
          )
        }
        empty={
          <EmptyState
            icon={<IconCpu size={28} stroke={1.5} />}
            title={words.none}
            text={words.noneText}
            action={
              can('provider.write') && (
                <Button kind="primary" href={href('providers/new')}>
                  {words.connect}
                </Button>
              )
            }
          />
        }
      />
      {accountId && (
        <ReviewSet
          opened={reviewing}
          onClose={() => setReviewing(false)}
          title={words.review}
          saveLabel={words.save}
          effect={effect}
          accountId={accountId}
          onSave={async () => {
            const before = chain.selection
            await save(draft.set)
            setPrevious(before)
          }}
        />
      )}
      <ChainPanel
        item={items.find(({ model }) => model.id === search.model)}
        sets={{ eligibility: chain.eligibility, selection: draft.set }}
        onClose={() => setSearch({ model: undefined })}
      />
    </>
  )
}
