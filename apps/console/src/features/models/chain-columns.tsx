import type { ModelChain } from '@cockpit/contract/models'
import { type Column, StatusBadge, Switch, Tokens } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import type { Resolved } from './sets.ts'
import { modelText as t } from './strings.ts'
import type { DraftSet } from './use-draft-set.ts'
import { CapabilityList, capabilityText, formatPrice, ModelName, ownerLabel } from './values.tsx'
import { WhyModel } from './why-model.tsx'

const words = messages('chainColumns', {
  use: (name: string) => `Select ${name}`,
  callable: 'Callable',
  not: 'Not callable',
})

/** One row of the chain: catalog → eligible → selected → effective, with the reason. */
export const chainColumns = (chain: ModelChain, draft: DraftSet, maySelect: boolean): Column<Resolved>[] => [
  {
    key: 'name',
    header: t.model,
    sortable: true,
    value: ({ model }) => model.name,
    render: ({ model }) => <ModelName model={model} />,
  },
  { key: 'owner', header: t.owner, sortable: true, value: ({ ownedBy }) => ownerLabel(ownedBy) },
  {
    key: 'status',
    header: t.status,
    sortable: true,
    value: ({ model }) => model.status,
    render: ({ model }) => <StatusBadge status={model.status} />,
  },
  {
    key: 'eligible',
    header: t.eligible,
    sortable: true,
    value: ({ eligible }) => (eligible ? t.yes : t.no),
    render: ({ eligible }) => <Passes yes={eligible} />,
  },
  {
    key: 'selected',
    header: t.selected,
    sortable: true,
    value: ({ selected }) => (selected ? t.yes : t.no),
    render: ({ model, eligible, selected }) =>
      maySelect && eligible ? (
        <Switch
          hideLabel
          label={words.use(model.name)}
          value={selected}
          onChange={(on) => draft.toggle([model.id], on)}
        />
      ) : (
        <Passes yes={selected && eligible} />
      ),
  },
  {
    key: 'effective',
    header: t.effective,
    sortable: true,
    value: ({ effective }) => (effective ? t.yes : t.no),
    render: (item) => (
      <span className="ck-inline">
        <StatusBadge status={item.effective ? 'ok' : 'skip'} label={item.effective ? words.callable : words.not} />
        <WhyModel item={item} sets={{ eligibility: chain.eligibility, selection: draft.set }} />
      </span>
    ),
  },
  {
    key: 'input',
    header: t.input,
    unit: t.perMillion,
    numeric: true,
    sortable: true,
    value: ({ model }) => model.price.prices.input,
    render: ({ model }) => formatPrice(model.price.prices.input),
  },
  {
    key: 'output',
    header: t.output,
    unit: t.perMillion,
    numeric: true,
    sortable: true,
    value: ({ model }) => model.price.prices.output,
    render: ({ model }) => formatPrice(model.price.prices.output),
  },
  {
    key: 'context',
    header: t.context,
    unit: t.tokens,
    numeric: true,
    sortable: true,
    value: ({ model }) => model.contextTokens,
    render: ({ model }) => <Tokens bare value={model.contextTokens} />,
  },
  {
    key: 'capabilities',
    header: t.capabilities,
    hidden: true,
    value: ({ model }) => capabilityText(model),
    render: ({ model }) => <CapabilityList model={model} />,
  },
]

const Passes = ({ yes }: { yes: boolean }) => <StatusBadge status={yes ? 'ok' : 'skip'} label={yes ? t.yes : t.no} />
