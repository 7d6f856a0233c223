import type { McpServer } from '@cockpit/contract/mcp-servers'
import { ConfirmDialog, IconBan, IconCircleCheck, IconPencil, IconTrash, Menu, toast } from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { mcpText } from './strings.ts'

const t = messages('mcpServerActs', {
  disableTitle: (name: string) => `Disable ${name}?`,
  disableEffect: 'Clients reach none of its tools until it is enabled again. What was decided about them stays.',
  disabled: 'Server disabled.',
  enabled: 'Server enabled.',
  removeTitle: (name: string) => `Disconnect ${name}?`,
  removeEffect: 'Clients reach none of its tools from then on.',
  eraseEffect: 'Its secret and what was decided about its tools are erased. This cannot be undone.',
  removed: 'Server disconnected.',
})

/** What may be done with one server, for its row and its page. */
export const McpServerActs = ({ server, onRemoved }: { server: McpServer; onRemoved?: () => void }) => {
  const { api, can, href } = useScope()
  const refresh = useRefresh()
  const [open, setOpen] = useState<'disable' | 'remove' | null>(null)
  if (!can('provider.write')) return null
  const close = () => setOpen(null)
  const setStatus = async (status: McpServer['status']) => {
    await api.mcpServers.update({ params: { id: server.id }, body: { status } })
    await refresh('mcp-servers')
    toast.success(status === 'active' ? t.enabled : t.disabled)
  }
  const remove = async () => {
    await api.mcpServers.remove({ params: { id: server.id } })
    onRemoved?.()
    await refresh('mcp-servers')
    toast.success(t.removed)
  }
  return (
    <>
      <Menu
        label={mcpText.acts}
        items={[
          { label: mcpText.edit, icon: <IconPencil size={14} />, href: href(`mcp-servers/${server.id}/edit`) },
          server.status === 'active'
            ? { label: mcpText.disable, icon: <IconBan size={14} />, onClick: () => setOpen('disable') }
            : {
                label: mcpText.enable,
                icon: <IconCircleCheck size={14} />,
                onClick: () => void setStatus('active').catch((error: Error) => toast.error(error.message)),
              },
          { label: mcpText.remove, icon: <IconTrash size={14} />, danger: true, onClick: () => setOpen('remove') },
        ]}
      />
      <ConfirmDialog
        opened={open === 'disable'}
        onClose={close}
        title={t.disableTitle(server.title)}
        effects={[t.disableEffect]}
        confirmLabel={mcpText.disable}
        onConfirm={() => setStatus('disabled')}
      />
      <ConfirmDialog
        opened={open === 'remove'}
        onClose={close}
        title={t.removeTitle(server.title)}
        effects={[t.removeEffect, t.eraseEffect]}
        typeName={server.name}
        confirmLabel={mcpText.remove}
        onConfirm={remove}
      />
    </>
  )
}
