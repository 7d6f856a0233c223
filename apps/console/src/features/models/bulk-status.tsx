import type { Model } from '@cockpit/contract/models'
import { Button, ConfirmDialog, toast } from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { modelText as t } from './strings.ts'

/** Enables or disables the selected models of the platform, after saying which. */
export const BulkStatus = ({ models, onDone }: { models: readonly Model[]; onDone: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [open, setOpen] = useState<Model['status'] | null>(null)
  const changing = models.filter(({ status }) => status !== open)
  const change = async (status: Model['status']) => {
    for (const { id } of changing) await api.models.update({ params: { id }, body: { status } })
    await refresh('models', 'model-chain')
    toast.success(t.statusChanged(changing.length))
    onDone()
  }
  return (
    <>
      <Button disabled={models.every(({ status }) => status === 'active')} onClick={() => setOpen('active')}>
        {t.enable}
      </Button>
      <Button disabled={models.every(({ status }) => status === 'disabled')} onClick={() => setOpen('disabled')}>
        {t.disable}
      </Button>
      {open && (
        <ConfirmDialog
          opened
          onClose={() => setOpen(null)}
          title={open === 'active' ? t.enableTitle(changing.length) : t.disableTitle(changing.length)}
          effects={[
            changing.map(({ name }) => name).join(', '),
            ...(open === 'active' ? [t.enableEffect] : [t.disableEffect, t.disableUndo]),
          ]}
          danger={open === 'disabled'}
          confirmLabel={open === 'active' ? t.enable : t.disable}
          onConfirm={() => change(open)}
        />
      )}
    </>
  )
}
