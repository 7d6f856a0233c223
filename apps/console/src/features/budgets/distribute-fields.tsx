import type { BudgetNode, DistributionInput } from '@cockpit/contract/budgets'
import { AmountField, Choices, Columns, formatCredits, SegmentedControl, Select } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { budgetText, modeText, titleOf } from './strings.ts'

const t = messages('distributeFields', {
  parent: 'Credits of',
  free: (credits: string) => `${credits} credits are unallocated there.`,
  among: 'Divide equally among',
  amongHelp: 'Whoever has an allocation under another one is not in question.',
  orgs: 'Orgs',
  teams: 'Teams',
  users: 'People',
  total: 'In all',
  totalHelp:
    'Empty: everything unallocated, and what the members have by equal share or by hand. Overrides keep theirs and count.',
  mode: 'How',
})

/** What is divided among whom; all of it stands in the URL. */
export const DistributeFields = ({
  search,
  onChange,
  parent,
  parents,
  onAmong,
}: {
  search: Record<string, string | undefined>
  onChange: (patch: Record<string, string | undefined>) => void
  parent: BudgetNode | undefined
  parents: readonly BudgetNode[]
  onAmong: () => void
}) => (
  <>
    <Columns minWidth={260} gap={24}>
      <Select
        label={t.parent}
        value={parent?.id ?? null}
        options={parents.map((node) => ({ value: node.id, label: titleOf(node) }))}
        onChange={(id) => {
          onAmong()
          onChange({ parent: id ?? undefined })
        }}
        help={parent && t.free(formatCredits(parent.unallocated))}
      />
      <SegmentedControl
        label={t.among}
        value={amongOf(search.among)}
        onChange={(among) => {
          onAmong()
          onChange({ among })
        }}
        options={[
          { value: 'orgs', label: t.orgs },
          { value: 'teams', label: t.teams },
          { value: 'users', label: t.users },
        ]}
        help={t.amongHelp}
      />
      <AmountField
        label={t.total}
        help={t.totalHelp}
        unit={budgetText.credits}
        value={search.total ?? ''}
        onChange={(total) => onChange({ total: total || undefined })}
      />
    </Columns>
    <Choices
      label={t.mode}
      value={search.mode === 'cap' ? 'cap' : 'carve'}
      onChange={(mode) => onChange({ mode })}
      options={[
        { value: 'carve', label: modeText.carve, detail: modeText.carveHelp },
        { value: 'cap', label: modeText.cap, detail: modeText.capHelp },
      ]}
    />
  </>
)

export const amongOf = (text: string | undefined): DistributionInput['among'] =>
  text === 'teams' || text === 'users' ? text : 'orgs'
