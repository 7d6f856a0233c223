import type { Model } from '@cockpit/contract/models'
import { ConfirmDialog, IconBan, IconCircleCheck, IconPencil, IconTrash, Menu, toast } from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { mayEdit } from './may-edit.ts'

const t = messages('modelActs', {
  acts: (name: string) => `Acts on ${name}`,
  edit: 'Edit',
  disable: 'Disable',
  enable: 'Enable',
  remove: 'Delete',
  disableTitle: (name: string) => `Disable ${name}?`,
  removeTitle: (name: string) => `Delete ${name}?`,
  stops: 'Requests that name it are refused within a second.',
  comesBack: 'Its prices, deployments and usage stay; enabling brings it back.',
  everyone: 'Every account that may use it loses it.',
  keys: (count: number) =>
    count === 1 ? 'One key of this account may call it today.' : `${count} keys of this account may call it today.`,
  usageStays: 'Usage and costs of past requests stay. Prices and deployments are gone for good.',
  disabled: 'Model disabled.',
  enabled: 'Model enabled.',
  removed: 'Model deleted.',
})

/** What may be done with one model, where it lives. */
export const ModelActs = ({ model, onRemoved }: { model: Model; onRemoved?: () => void }) => {
  const scope = useScope()
  const refresh = useRefresh()
  const [open, setOpen] = useState<'disable' | 'remove' | null>(null)
  const { accountId, api, href } = scope
  const keys = useLoad(
    ['keys', 'of-model', model.name],
    (from, signal) => from.keys.list({ query: { model: model.name, status: 'active', limit: 1 } }, { signal }),
    { enabled: open !== null && accountId !== null },
  )
  if (!mayEdit(model, scope)) return null
  const setStatus = async (status: Model['status']) => {
    await api.models.update({ params: { id: model.id }, body: { status } })
    await refresh('models', 'model-chain')
    toast.success(status === 'active' ? t.enabled : t.disabled)
  }
  const reach = accountId === null ? [t.everyone] : keys.data ? [t.keys(keys.data.total)] : []
  return (
    <>
      <Menu
        label={t.acts(model.name)}
        items={[
          { label: t.edit, icon: <IconPencil size={14} />, href: href(`models/${model.id}/edit`) },
          model.status === 'active'
            ? { label: t.disable, icon: <IconBan size={14} />, onClick: () => setOpen('disable') }
            : {
                label: t.enable,
                icon: <IconCircleCheck size={14} />,
                onClick: () => void setStatus('active').catch((error: Error) => toast.error(error.message)),
              },
          { label: t.remove, icon: <IconTrash size={14} />, danger: true, onClick: () => setOpen('remove') },
        ]}
      />
      <ConfirmDialog
        opened={open === 'disable'}
        onClose={() => setOpen(null)}
        title={t.disableTitle(model.name)}
        effects={[t.stops, ...reach, t.comesBack]}
        confirmLabel={t.disable}
        onConfirm={() => setStatus('disabled')}
      />
      <ConfirmDialog
        opened={open === 'remove'}
        onClose={() => setOpen(null)}
        title={t.removeTitle(model.name)}
        effects={[t.stops, ...reach, t.usageStays]}
        typeName={model.name}
        confirmLabel={t.remove}
        onConfirm={async () => {
          await api.models.remove({ params: { id: model.id } })
          onRemoved?.()
          await refresh('models', 'model-chain', 'providers')
          toast.success(t.removed)
        }}
      />
    </>
  )
}
