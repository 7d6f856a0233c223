import type { ModelChain, ModelSet } from '@cockpit/contract/models'
import { formatCount, Stages } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import type { Resolved } from './sets.ts'

const t = messages('chainStages', {
  label: 'From the catalog to what can be called',
  catalog: 'Catalog',
  catalogText: 'All models there are: of the platform and of this account.',
  eligible: 'Eligible',
  eligibleAll: 'The platform offers all its models, also future ones.',
  eligibleList: 'The platform offers a list; own models always count.',
  selected: 'Selected',
  selectedAll: 'The account takes all eligible models, also future ones.',
  selectedList: 'The account takes those on its list only.',
  effective: 'Effective',
  effectiveText: 'What people and keys may call now.',
})

export const stageIds = ['catalog', 'eligible', 'selected', 'effective'] as const
export type StageId = (typeof stageIds)[number]

/** Whether a model came through a stage. */
export const reaches = (item: Resolved, stage: string | undefined): boolean => {
  if (stage === 'eligible') return item.eligible
  if (stage === 'selected') return item.eligible && item.selected
  if (stage === 'effective') return item.effective
  return true
}

/** The whole way with its counts; a stage shows only what came through it. */
export const ChainStages = ({
  items,
  chain,
  selection,
  picked,
  onPick,
}: {
  items: readonly Resolved[]
  chain: ModelChain
  selection: ModelSet
  picked: string | undefined
  onPick: (stage: string | undefined) => void
}) => {
  const texts = {
    catalog: [t.catalog, t.catalogText],
    eligible: [t.eligible, chain.eligibility.mode === 'all' ? t.eligibleAll : t.eligibleList],
    selected: [t.selected, selection.mode === 'all' ? t.selectedAll : t.selectedList],
    effective: [t.effective, t.effectiveText],
  } as const
  return (
    <Stages
      label={t.label}
      picked={picked ?? 'catalog'}
      onPick={(id) => onPick(id === 'catalog' ? undefined : id)}
      stages={stageIds.map((id) => ({
        id,
        label: texts[id][0],
        detail: texts[id][1],
        value: formatCount(items.filter((item) => reaches(item, id)).length),
      }))}
    />
  )
}
