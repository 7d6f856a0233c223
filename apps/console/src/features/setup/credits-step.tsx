import { AmountField, FormBody, formatMoney, Loaded, Skeleton, useForm } from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import type { StepProps } from './step.ts'

const t = messages('setupCredits', {
  amount: 'Credits',
  unit: 'credits',
  help: (factor: string) =>
    `One US dollar of provider cost uses ${factor} ${factor === '1' ? 'credit' : 'credits'}. When they are used up, requests are refused until the next cycle.`,
  worth: (money: string) => `Enough for ${money} of provider cost.`,
  needed: 'must be a number of credits more than 0',
  monthly: 'Credits for each month',
  quarterly: 'Credits for each quarter',
  yearly: 'Credits for each year',
  manual: 'Credits for each cycle; cycles are opened by hand',
  submit: 'Grant credits',
})

export const CreditsStep = (props: StepProps) => {
  const accountId = props.progress.account?.id ?? ''
  const terms = useQuery({
    queryKey: ['setup-terms', accountId],
    queryFn: async () => {
      const [account, budget] = await Promise.all([
        apiFor(null).accounts.get({ params: { id: accountId } }),
        apiFor(accountId).budgets.overview(),
      ])
      return { factor: account.creditsFactor, cadence: budget.plan.cadence }
    },
  })
  return (
    <Loaded
      data={terms.data}
      error={terms.error}
      retry={() => void terms.refetch()}
      skeleton={<Skeleton rows={3} height={28} />}
    >
      {(known) => <CreditsForm {...props} {...known} accountId={accountId} />}
    </Loaded>
  )
}

type Terms = { accountId: string; factor: string; cadence: 'monthly' | 'quarterly' | 'yearly' | 'manual' }

const CreditsForm = ({ onDone, onCancel, accountId, factor, cadence }: StepProps & Terms) => {
  const form = useForm({
    initial: { amount: '100' },
    check: ({ amount }) => (isAmount(amount) ? {} : { amount: t.needed }),
    submit: async ({ amount }) => {
      await apiFor(null).budgets.grant({ params: { id: accountId }, body: { amount, recurrence: 'cycle' } })
      await onDone()
    },
  })
  const { amount } = form.values
  return (
    <FormBody form={form} submitLabel={t.submit} {...(onCancel ? { onCancel } : {})}>
      <AmountField
        label={t[cadence]}
        unit={t.unit}
        help={t.help(factor)}
        required
        autoFocus
        {...form.field('amount')}
      />
      {isAmount(amount) && (
        <p className="ck-muted ck-size-sm">{t.worth(formatMoney(Number(amount) / Number(factor)))}</p>
      )}
    </FormBody>
  )
}

const isAmount = (text: string) => /^\d{1,12}(\.\d{1,6})?$/.test(text) && Number(text) > 0
