import type { BudgetOverview } from '@cockpit/contract/budgets'
import { Button, Heading, IconPencil, IconRefresh, Loaded, Page, Properties, Row, Stack } from '@cockpit/ui'
import { useState } from 'react'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { CyclesTable } from './cycles-table.tsx'
import { useOverview } from './overview.ts'
import { cadenceLabels, planFacts } from './plan-facts.tsx'
import { PlanModal } from './plan-modal.tsx'
import { RenewDialog } from './renew-dialog.tsx'
import { budgetText } from './strings.ts'
import { useBudgetTabs } from './tabs.ts'

const t = messages('cyclesPage', {
  plan: 'Plan',
  edit: 'Change plan',
  renew: 'Renew now',
  history: 'Cycles, newest first',
})

/** How budgets renew, and how past cycles came out. */
export const CyclesPage = () => {
  const overview = useOverview()
  const tabs = useBudgetTabs('cycles')
  return (
    <Page title={budgetText.title} description={budgetText.about} tabs={tabs}>
      <Loaded {...overview}>{(found) => <Cycles overview={found} />}</Loaded>
    </Page>
  )
}

const Cycles = ({ overview }: { overview: BudgetOverview }) => {
  const { can } = useScope()
  const [open, setOpen] = useState<'plan' | 'renew' | null>(null)
  const cycles = useLoad(['budgets', 'cycles'], (api, signal) => api.budgets.cycles({}, { signal }))
  const { plan } = overview
  return (
    <Stack gap={24}>
      <Stack gap={12}>
        <Row justify="between">
          <Heading>
            {t.plan} {plan.name}: {cadenceLabels[plan.cadence]}
          </Heading>
          {can('budget.write') && (
            <Row>
              <Button icon={<IconPencil size={14} />} onClick={() => setOpen('plan')}>
                {t.edit}
              </Button>
              <Button icon={<IconRefresh size={14} />} onClick={() => setOpen('renew')}>
                {t.renew}
              </Button>
            </Row>
          )}
        </Row>
        <div className="ck-facts">
          <Properties items={planFacts(overview)} />
        </div>
      </Stack>
      <Stack gap={8}>
        <Heading>{t.history}</Heading>
        <Loaded {...cycles}>{({ items }) => <CyclesTable cycles={items} label={t.history} />}</Loaded>
      </Stack>
      <PlanModal key={JSON.stringify(plan)} plan={plan} opened={open === 'plan'} onClose={() => setOpen(null)} />
      <RenewDialog overview={overview} opened={open === 'renew'} onClose={() => setOpen(null)} />
    </Stack>
  )
}
