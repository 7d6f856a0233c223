import type { BudgetNode } from '@cockpit/contract/budgets'
import { Alert, AmountField, CreditsAmount, FormModal, formatCredits, Select, Table, useForm } from '@cockpit/ui'
import type { Api } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { allocationOf } from './allocation.ts'
import { type MoveStep, movePlan } from './move.ts'
import { budgetText, titleOf } from './strings.ts'
import type { Done, TreeAct } from './tree-page.tsx'

const t = messages('moveCredits', {
  title: 'Move credits',
  from: 'From',
  to: 'To',
  amount: 'Amount',
  unit: 'credits',
  available: (credits: string) => `${credits} credits can be moved: what is neither spent, held nor allocated below.`,
  submit: 'Move credits',
  done: (amount: string, from: string, to: string) => `${amount} credits moved from ${from} to ${to}`,
  preview: 'Limits before and after',
  scope: 'Scope',
  before: 'Before',
  after: 'After',
  same: 'Choose another place: this is where they are.',
  cap: 'A cap owns no credits: change its limit instead.',
  short: 'More than can be moved.',
  needed: 'is required',
})

export const MoveModal = ({
  move,
  nodes,
  onClose,
  onDone,
}: {
  move: Extract<TreeAct, { act: 'move' }> | null
  nodes: readonly BudgetNode[]
  onClose: () => void
  onDone: (done: Done) => Promise<void>
}) => {
  const { api } = useScope()
  const form = useForm<{ from: string; to: string | null; amount: string }>({
    initial: { from: move?.from ?? '', to: move?.to ?? null, amount: '' },
    check: (values) => checked(nodes, values),
    submit: async ({ from, to, amount }) => {
      const plan = movePlan(nodes, from, to ?? '', amount)
      if ('refused' in plan) return
      await setLimits(api, plan.steps)
      const back = plan.steps.map(({ node, before, after }) => ({ node, before: after, after: before })).reverse()
      await onDone({
        text: t.done(formatCredits(amount), nameOf(nodes, from), nameOf(nodes, to)),
        undo: () => setLimits(api, back),
      })
    },
  })
  const owners = nodes.filter(({ mode }) => mode === 'carve').map((node) => ({ value: node.id, label: titleOf(node) }))
  const from = nodes.find(({ id }) => id === form.values.from)
  const plan = form.values.to ? movePlan(nodes, form.values.from, form.values.to, form.values.amount) : null
  const [fromField, toField] = [form.field('from'), form.field('to')]
  return (
    <FormModal form={form} opened={move !== null} onClose={onClose} title={t.title} submitLabel={t.submit}>
      <Select
        label={t.from}
        required
        options={owners}
        {...fromField}
        onChange={(value) => fromField.onChange(value ?? '')}
        help={from ? t.available(formatCredits(from.unallocated)) : undefined}
      />
      <Select label={t.to} required options={owners} {...toField} />
      <AmountField label={t.amount} unit={t.unit} required autoFocus {...form.field('amount')} />
      {plan && 'refused' in plan && plan.refused !== 'amount' && <Alert tone="amber">{t[plan.refused]}</Alert>}
      {plan && 'steps' in plan && <Steps steps={plan.steps} />}
    </FormModal>
  )
}

const Steps = ({ steps }: { steps: readonly MoveStep[] }) => (
  <Table<MoveStep>
    label={t.preview}
    rows={steps}
    rowId={({ node }) => node.id}
    columns={[
      { key: 'scope', header: t.scope, value: ({ node }) => titleOf(node) },
      {
        key: 'before',
        header: t.before,
        unit: budgetText.credits,
        numeric: true,
        value: ({ before }) => before,
        render: ({ before }) => <CreditsAmount bare value={before} />,
      },
      {
        key: 'after',
        header: t.after,
        unit: budgetText.credits,
        numeric: true,
        value: ({ after }) => after,
        render: ({ after }) => <CreditsAmount bare value={after} />,
      },
    ]}
  />
)

const checked = (
  nodes: readonly BudgetNode[],
  { from, to, amount }: { from: string; to: string | null; amount: string },
): { to?: string; amount?: string } => {
  if (!to) return { to: t.needed }
  const plan = movePlan(nodes, from, to, amount)
  if (!('refused' in plan)) return {}
  if (plan.refused === 'amount') return { amount: t.needed }
  return plan.refused === 'short' ? { amount: t.short } : { to: t[plan.refused] }
}

/** Each limit is one call; when one is refused, those before it are taken back. */
const setLimits = async (api: Api, steps: readonly MoveStep[]) => {
  const set = ({ node }: MoveStep, limit: string) => api.budgets.allocate({ body: { ...allocationOf(node), limit } })
  for (const [index, step] of steps.entries()) {
    try {
      await set(step, step.after)
    } catch (error) {
      for (const made of steps.slice(0, index).reverse()) await set(made, made.before)
      throw error
    }
  }
}

const nameOf = (nodes: readonly BudgetNode[], id: string | null) => {
  const node = nodes.find((one) => one.id === id)
  return node ? titleOf(node) : ''
}
