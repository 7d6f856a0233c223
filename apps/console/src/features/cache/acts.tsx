import type { CacheRule } from '@cockpit/contract/cache'
import { ConfirmDialog, IconPencil, IconRefresh, IconTrash, Menu, toast } from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { EditRule } from './rule-form.tsx'
import { nameOf, t } from './strings.ts'

/** What may be done with one rule. */
export const RuleActs = ({ rule }: { rule: CacheRule }) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const [open, setOpen] = useState<'edit' | 'clear' | 'remove' | null>(null)
  const close = () => setOpen(null)
  if (!can('model.select')) return null
  const params = { id: rule.id }
  const name = nameOf(rule)
  return (
    <>
      <Menu
        label={t.acts(name)}
        items={[
          { label: t.edit, icon: <IconPencil size={14} />, onClick: () => setOpen('edit') },
          { label: t.clear, icon: <IconRefresh size={14} />, onClick: () => setOpen('clear') },
          { label: t.remove, icon: <IconTrash size={14} />, danger: true, onClick: () => setOpen('remove') },
        ]}
      />
      {open === 'edit' && <EditRule rule={rule} onClose={close} />}
      <ConfirmDialog
        opened={open === 'clear'}
        onClose={close}
        title={t.clearTitle(name)}
        effects={[t.clearForgets, t.clearCosts, t.clearStays]}
        confirmLabel={t.clear}
        onConfirm={async () => {
          await api.cache.clear({ params })
          await refresh('cache')
          toast.success(t.cleared)
        }}
      />
      <ConfirmDialog
        opened={open === 'remove'}
        onClose={close}
        title={t.removeTitle(name)}
        effects={[t.removeForgets, t.removeThen]}
        confirmLabel={t.remove}
        onConfirm={async () => {
          await api.cache.remove({ params })
          await refresh('cache')
          toast.success(t.removed)
        }}
      />
    </>
  )
}
