import type { AllocationInput, BudgetNode } from '@cockpit/contract/budgets'
import { AmountField, Choices, FormModal, formatCredits, SegmentedControl, Select, Switch, useForm } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { allocationOf } from './allocation.ts'
import { AllocationPreview } from './allocation-preview.tsx'
import { isAmount } from './amounts.ts'
import { useAllocationPreview } from './preview.ts'
import { ScopePicker } from './scope-picker.tsx'
import { budgetText, modeText, titleOf } from './strings.ts'
import type { Done } from './tree-page.tsx'

const t = messages('allocate', {
  title: 'Allocate credits',
  changeTitle: (name: string) => `Limit of ${name}`,
  who: 'To whom',
  limit: 'Limit',
  unit: 'credits',
  limitHelp: 'Of this cycle, and again of every next one.',
  mode: 'How',
  override: 'Override',
  overrideHelp: 'Equal distribution leaves it as it is.',
  parent: 'Taken from',
  auto: 'The nearest allocation around it',
  submit: 'Allocate',
  save: 'Save limit',
  done: (name: string, credits: string) => `${name} may spend ${credits} credits`,
  needed: 'is required',
  amount: 'must be a number with at most 6 places',
})

type Values = {
  type: 'org' | 'team' | 'user'
  scopeId: string | null
  limit: string
  mode: 'carve' | 'cap'
  override: boolean
  parentId: string | null
}

const initialOf = (node: BudgetNode | null, parentId: string | undefined): Values =>
  node
    ? {
        type: node.scope.type === 'account' ? 'org' : node.scope.type,
        scopeId: node.scope.id,
        limit: node.limit,
        mode: node.mode,
        override: node.source === 'override',
        parentId: null,
      }
    : { type: 'team', scopeId: null, limit: '', mode: 'carve', override: false, parentId: parentId ?? null }

/** A new allocation, or another limit of one; what it does is shown before it is done. */
export const AllocateModal = ({
  opened,
  node,
  parentId,
  nodes,
  onClose,
  onDone,
}: {
  opened: boolean
  node: BudgetNode | null
  parentId: string | undefined
  nodes: readonly BudgetNode[]
  onClose: () => void
  onDone: (done: Done | null) => Promise<void>
}) => {
  const { api } = useScope()
  const form = useForm<Values>({
    initial: initialOf(node, parentId),
    check: ({ scopeId, limit }) => ({
      ...(scopeId ? {} : { scopeId: t.needed }),
      ...(isAmount(limit) ? {} : { limit: limit ? t.amount : t.needed }),
    }),
    submit: async (values) => {
      const input = inputOf(values)
      if (!input) return
      const before = nodes.find(({ scope }) => scope.id === input.scope.id)
      const made = await api.budgets.allocate({ body: input })
      await onDone({
        text: t.done(titleOf(made), formatCredits(made.limit)),
        undo: () =>
          before
            ? api.budgets.allocate({ body: allocationOf(before) })
            : api.budgets.removeAllocation({ params: { id: made.id } }),
      })
    },
  })
  const input = opened ? inputOf(form.values) : null
  const preview = useAllocationPreview(input)
  const mode = form.field('mode')
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={node ? t.changeTitle(titleOf(node)) : t.title}
      submitLabel={node ? t.save : t.submit}
    >
      {!node && <WhoFields form={form} nodes={nodes} />}
      <AmountField
        label={t.limit}
        help={t.limitHelp}
        unit={t.unit}
        required
        autoFocus={node !== null}
        {...form.field('limit')}
      />
      <Choices
        label={t.mode}
        value={mode.value}
        onChange={mode.onChange}
        options={[
          { value: 'carve', label: modeText.carve, detail: modeText.carveHelp },
          { value: 'cap', label: modeText.cap, detail: modeText.capHelp },
        ]}
      />
      <Switch label={t.override} help={t.overrideHelp} {...form.field('override', '/source')} />
      <AllocationPreview {...preview} nodes={nodes} />
    </FormModal>
  )
}

const WhoFields = ({ form, nodes }: { form: ReturnType<typeof useForm<Values>>; nodes: readonly BudgetNode[] }) => {
  const scope = form.field('scopeId', '/scope')
  const parent = form.field('parentId')
  const inside = nodes.filter((node) => node.scope.type !== 'user')
  return (
    <>
      <SegmentedControl
        label={t.who}
        value={form.values.type}
        onChange={(type) => form.set({ type, scopeId: null })}
        options={[
          { value: 'org', label: budgetText.org },
          { value: 'team', label: budgetText.team },
          { value: 'user', label: budgetText.person },
        ]}
      />
      <ScopePicker
        key={form.values.type}
        type={form.values.type}
        value={scope.value}
        onChange={scope.onChange}
        error={scope.error}
      />
      <Select
        label={t.parent}
        clearable
        placeholder={t.auto}
        options={inside.map((node) => ({ value: node.id, label: titleOf(node) }))}
        {...parent}
      />
    </>
  )
}

const inputOf = ({ type, scopeId, limit, mode, override, parentId }: Values): AllocationInput | null =>
  scopeId && isAmount(limit)
    ? {
        scope: { type, id: scopeId },
        limit,
        mode,
        source: override ? 'override' : 'manual',
        ...(parentId ? { parentId } : {}),
      }
    : null
