import type { Account } from '@cockpit/contract/accounts'
import type { ModelChain } from '@cockpit/contract/models'
import {
  Button,
  type Column,
  EmptyState,
  formatCount,
  IconCpu,
  Loaded,
  Prose,
  Row,
  Stack,
  StatusBadge,
  Table,
} from '@cockpit/ui'
import { apiFor } from '../../app/api.ts'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { Capabilities, capabilityText, ModelName } from '../models/values.tsx'

const t = messages('accountModels', {
  title: 'Models of the platform',
  change: 'Change eligibility',
  all: 'The account may choose from every model of the platform, also those added later.',
  some: (eligible: string, all: string) =>
    `The account may choose from ${eligible} of the ${all} models of the platform. Models added later are not eligible.`,
  nobody: 'The account may not choose any model of the platform yet.',
  model: 'Model',
  capabilities: 'Capabilities',
  eligible: 'Eligible',
  selected: 'Selected by the account',
  effective: 'Effective',
  yes: 'Yes',
  no: 'No',
  none: 'The platform has no models yet',
  noneText: 'Add a provider connection and models first; then choose here who may use them.',
})

const mark = (on: boolean) => (
  <StatusBadge status={on ? 'yes' : 'no'} tone={on ? 'green' : 'neutral'} label={on ? t.yes : t.no} />
)

const columns: readonly Column<ModelChain['items'][number]>[] = [
  {
    key: 'name',
    header: t.model,
    value: ({ model }) => model.name,
    render: ({ model }) => <ModelName model={model} />,
  },
  {
    key: 'capabilities',
    header: t.capabilities,
    value: ({ model }) => capabilityText(model),
    render: ({ model }) => <Capabilities of={model.capabilities} />,
  },
  { key: 'eligible', header: t.eligible, value: ({ eligible }) => eligible, render: ({ eligible }) => mark(eligible) },
  { key: 'selected', header: t.selected, value: ({ selected }) => selected, render: ({ selected }) => mark(selected) },
  {
    key: 'effective',
    header: t.effective,
    value: ({ effective }) => effective,
    render: ({ effective, reason }) => <span title={reason}>{mark(effective)}</span>,
  },
]

/** What the account may choose from and what it made of it; the set is changed on the page that shows its effect. */
export const ModelsTab = ({ account }: { account: Account }) => {
  const chain = useLoad(['account-chain', account.id], (_, signal) => apiFor(account.id).models.chain({}, { signal }))
  return (
    <Loaded {...chain}>
      {({ eligibility, items }) => {
        const rows = items.filter(({ model }) => model.ownedBy === 'platform')
        const eligible = rows.filter((row) => row.eligible).length
        return (
          <Stack>
            <Row justify="between" align="start">
              <Prose muted>
                {eligibility.mode === 'all'
                  ? t.all
                  : eligible === 0
                    ? t.nobody
                    : t.some(formatCount(eligible), formatCount(rows.length))}
              </Prose>
              <Button kind="primary" href={`/platform/models/eligibility/${account.id}`}>
                {t.change}
              </Button>
            </Row>
            {rows.length === 0 ? (
              <EmptyState icon={<IconCpu size={28} stroke={1.5} />} title={t.none} text={t.noneText} />
            ) : (
              <Table label={t.title} rows={rows} rowId={({ model }) => model.id} columns={columns} />
            )}
          </Stack>
        )
      }}
    </Loaded>
  )
}
