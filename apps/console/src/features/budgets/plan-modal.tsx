import type { BudgetOverview } from '@cockpit/contract/budgets'
import { AmountField, Choices, FormModal, Switch, TextField, toast, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { isAmount } from './amounts.ts'
import { cadenceLabels, planText } from './plan-facts.tsx'
import { budgetText } from './strings.ts'

const t = messages('planModal', {
  title: 'Change plan',
  about: 'The open cycle keeps its start; its end moves when the cadence changes.',
  name: 'Name',
  monthlyHelp: 'On the first of each month.',
  quarterlyHelp: 'On the first of January, April, July and October.',
  yearlyHelp: 'On the first of January.',
  manualHelp: 'Only when somebody renews it.',
  noneHelp: 'Each cycle starts with what is granted for it.',
  remainingHelp: 'Unspent credits go to the pool of the next cycle.',
  cap: 'At most',
  capHelp: 'Empty: all that is left.',
  pool: 'People without an allocation spend from the pool',
  poolHelp: 'Off: their requests are refused until somebody allocates credits to them, their team or their org.',
  save: 'Save plan',
  saved: 'Plan saved.',
  needed: 'is required',
  amount: 'must be a number with at most 6 places',
})

export const PlanModal = ({
  plan,
  opened,
  onClose,
}: {
  plan: BudgetOverview['plan']
  opened: boolean
  onClose: () => void
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: {
      name: plan.name,
      cadence: plan.cadence,
      mode: plan.rollover.mode,
      cap: plan.rollover.cap ?? '',
      allowPoolDraw: plan.allowPoolDraw,
    },
    check: ({ name, cap }) => ({
      ...(name.trim() ? {} : { name: t.needed }),
      ...(cap && !isAmount(cap) ? { cap: t.amount } : {}),
    }),
    submit: async ({ name, cadence, mode, cap, allowPoolDraw }) => {
      await api.budgets.setPlan({
        body: {
          name: name.trim(),
          cadence,
          allowPoolDraw,
          rollover: { mode, cap: mode === 'none' ? null : cap || null },
        },
      })
      await refresh('budgets')
    },
  })
  const [cadence, mode] = [form.field('cadence'), form.field('mode', '/rollover/mode')]
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={t.title}
      description={t.about}
      submitLabel={t.save}
      onSaved={() => toast.success(t.saved)}
    >
      <TextField label={t.name} required {...form.field('name')} />
      <Choices
        label={planText.cadence}
        value={cadence.value}
        onChange={cadence.onChange}
        options={(['monthly', 'quarterly', 'yearly', 'manual'] as const).map((value) => ({
          value,
          label: cadenceLabels[value],
          detail: t[`${value}Help`],
        }))}
      />
      <Choices
        label={planText.rollover}
        value={mode.value}
        onChange={mode.onChange}
        options={[
          { value: 'none', label: planText.expires, detail: t.noneHelp },
          { value: 'remaining', label: planText.rolls, detail: t.remainingHelp },
        ]}
      />
      {mode.value === 'remaining' && (
        <AmountField label={t.cap} help={t.capHelp} unit={budgetText.credits} {...form.field('cap', '/rollover/cap')} />
      )}
      <Switch label={t.pool} help={t.poolHelp} {...form.field('allowPoolDraw')} />
    </FormModal>
  )
}
