import type { CallLimit } from '@cockpit/contract/limits'
import { ConfirmDialog, IconPencil, IconTrash, Menu, toast } from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { EditLimit } from './limit-form.tsx'
import { nameOf, t } from './strings.ts'

/** What may be done with one limit. */
export const LimitActs = ({ limit }: { limit: CallLimit }) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const [open, setOpen] = useState<'edit' | 'remove' | null>(null)
  const close = () => setOpen(null)
  if (!can('budget.write')) return null
  const name = nameOf(limit)
  return (
    <>
      <Menu
        label={t.acts(name)}
        items={[
          { label: t.edit, icon: <IconPencil size={14} />, onClick: () => setOpen('edit') },
          { label: t.remove, icon: <IconTrash size={14} />, danger: true, onClick: () => setOpen('remove') },
        ]}
      />
      {open === 'edit' && <EditLimit limit={limit} onClose={close} />}
      <ConfirmDialog
        opened={open === 'remove'}
        onClose={close}
        title={t.removeTitle(name)}
        effects={[t.removeEffect]}
        confirmLabel={t.remove}
        onConfirm={async () => {
          await api.limits.remove({ params: { id: limit.id } })
          await refresh('limits')
          toast.success(t.removed)
        }}
      />
    </>
  )
}
