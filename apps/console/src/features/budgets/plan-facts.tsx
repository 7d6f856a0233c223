import type { BudgetOverview } from '@cockpit/contract/budgets'
import { formatCredits, type Property, RelativeTime } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'

export const planText = messages('plan', {
  cadence: 'Renews',
  next: 'Next renewal',
  byHand: 'By hand only',
  rollover: 'What is left',
  expires: 'Expires',
  rolls: 'Rolls over',
  rollsUpTo: (cap: string) => `Rolls over, at most ${cap} credits`,
  pool: 'People without an allocation',
  draws: 'Spend from the Unallocated pool',
  refused: 'Are refused',
  zone: 'Time zone',
})

export const cadenceLabels = messages('cadences', {
  monthly: 'Every month',
  quarterly: 'Every quarter',
  yearly: 'Every year',
  manual: 'By hand',
})

export const planFacts = ({ plan, cycle }: BudgetOverview): Property[] => [
  { label: planText.cadence, value: cadenceLabels[plan.cadence] },
  { label: planText.next, value: cycle.endsAt ? <RelativeTime at={cycle.endsAt} /> : planText.byHand },
  {
    label: planText.rollover,
    value:
      plan.rollover.mode === 'none'
        ? planText.expires
        : plan.rollover.cap === null
          ? planText.rolls
          : planText.rollsUpTo(formatCredits(plan.rollover.cap)),
  },
  { label: planText.pool, value: plan.allowPoolDraw ? planText.draws : planText.refused },
  { label: planText.zone, value: plan.timezone },
]
