import { ConfirmDialog, toast } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

export const RemoveRun = ({ id, onClose, onGone }: { id: string; onClose: () => void; onGone?: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const remove = async () => {
    await api.labRuns.remove({ params: { id } })
    onGone?.()
    await refresh('lab-runs')
    toast.success(t.removed)
  }
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={t.removeTitle}
      effects={[t.removeEffect]}
      confirmLabel={t.remove}
      onConfirm={remove}
    />
  )
}
