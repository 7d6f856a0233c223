import type { Guardrail } from '@cockpit/contract/guardrails'
import { ConfirmDialog, IconBan, IconCircleCheck, IconPencil, IconTrash, Menu, toast } from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { guardText } from './strings.ts'

const t = messages('guardrailActs', {
  disableTitle: (name: string) => `Disable ${name}?`,
  disableEffect: 'Requests pass without it within a second. Its findings stay.',
  removeTitle: (name: string) => `Delete ${name}?`,
  removeEffect:
    'Requests pass without it within a second. Its findings stay; the guardrail itself cannot be brought back.',
  disabled: 'Guardrail disabled.',
  enabled: 'Guardrail enabled.',
  removed: 'Guardrail deleted.',
})

/** What may be done with one guardrail, for its row and its page. */
export const GuardrailActs = ({ guardrail, onRemoved }: { guardrail: Guardrail; onRemoved?: () => void }) => {
  const { api, can, href } = useScope()
  const refresh = useRefresh()
  const [open, setOpen] = useState<'disable' | 'remove' | null>(null)
  const close = () => setOpen(null)
  if (!can('guardrail.write')) return null
  const { id, name } = guardrail
  const setStatus = async (status: Guardrail['status']) => {
    await api.guardrails.update({ params: { id }, body: { status } })
    await refresh('guardrails')
    toast.success(status === 'active' ? t.enabled : t.disabled)
  }
  return (
    <>
      <Menu
        label={guardText.acts}
        items={[
          { label: guardText.edit, icon: <IconPencil size={14} />, href: href(`guardrails/${id}/edit`) },
          guardrail.status === 'active'
            ? { label: guardText.disable, icon: <IconBan size={14} />, onClick: () => setOpen('disable') }
            : {
                label: guardText.enable,
                icon: <IconCircleCheck size={14} />,
                onClick: () => void setStatus('active').catch((error: Error) => toast.error(error.message)),
              },
          { label: guardText.remove, icon: <IconTrash size={14} />, danger: true, onClick: () => setOpen('remove') },
        ]}
      />
      <ConfirmDialog
        opened={open === 'disable'}
        onClose={close}
        title={t.disableTitle(name)}
        effects={[t.disableEffect]}
        confirmLabel={guardText.disable}
        onConfirm={() => setStatus('disabled')}
      />
      <ConfirmDialog
        opened={open === 'remove'}
        onClose={close}
        title={t.removeTitle(name)}
        effects={[t.removeEffect]}
        typeName={name}
        confirmLabel={guardText.remove}
        onConfirm={async () => {
          await api.guardrails.remove({ params: { id } })
          onRemoved?.()
          await refresh('guardrails')
          toast.success(t.removed)
        }}
      />
    </>
  )
}
