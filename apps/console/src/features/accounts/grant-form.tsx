import type { Account } from '@cockpit/contract/accounts'
import { AmountField, FormModal, SegmentedControl, TextField, toast, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { grantText as t } from './grant-strings.ts'

export const GrantModal = ({
  account,
  opened,
  onClose,
}: {
  account: Account
  opened: boolean
  onClose: () => void
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm<{ amount: string; recurrence: 'cycle' | 'once'; note: string; expiresAt: string }>({
    initial: { amount: '', recurrence: 'cycle', note: '', expiresAt: '' },
    check: ({ amount }) => (amount ? {} : { amount: t.required }),
    submit: async ({ amount, recurrence, note, expiresAt }) => {
      await api.budgets.grant({
        params: { id: account.id },
        body: {
          amount,
          recurrence,
          note: note.trim() || null,
          expiresAt: expiresAt ? new Date(expiresAt).toISOString() : null,
        },
      })
      await refresh('grants', 'accounts', 'account-overview')
    },
  })
  const recurrence = form.field('recurrence')
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={t.giveTitle(account.name)}
      submitLabel={t.submit}
      onSaved={() => toast.success(t.gave)}
    >
      <AmountField label={t.amount} unit={t.credits} required autoFocus {...form.field('amount')} />
      <SegmentedControl
        label={t.recurrence}
        value={recurrence.value}
        onChange={recurrence.onChange}
        options={[
          { value: 'cycle', label: t.cycle },
          { value: 'once', label: t.once },
        ]}
        help={recurrence.value === 'cycle' ? t.cycleHelp : t.onceHelp}
      />
      <TextField label={t.expires} help={t.expiresHelp} type="datetime-local" {...form.field('expiresAt')} />
      <TextField label={t.note} help={t.noteHelp} {...form.field('note')} />
    </FormModal>
  )
}
