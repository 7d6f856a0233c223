import type { ProviderConnection } from '@cockpit/contract/providers'
import {
  ConfirmDialog,
  IconBan,
  IconCircleCheck,
  IconKey,
  IconPencil,
  IconTrash,
  Link,
  Menu,
  toast,
  useNavigation,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { RotateKeyModal } from './rotate-key.tsx'
import { providerText } from './strings.ts'

const t = messages('providerActs', {
  disableTitle: (name: string) => `Disable ${name}?`,
  disableEffect: 'Requests stop using it within a second. Key, models and history stay.',
  falls: (model: string) => `${model} falls back to its next deployment.`,
  stops: (model: string) => `${model} stops: it has no other deployment.`,
  noModels: 'No model runs on it.',
  disabled: 'Connection disabled.',
  enabled: 'Connection enabled.',
  removeTitle: (name: string) => `Delete ${name}?`,
  removeEffect: 'Its key is erased. This cannot be undone.',
  inUse: (count: number) =>
    count === 1
      ? 'One model runs on it. Take the model off this connection first:'
      : `${count} models run on it. Take them off this connection first:`,
  removed: 'Connection deleted.',
  gotIt: 'Show its models',
})

/** What may be done with one connection, for its row and its page. */
export const ConnectionActs = ({
  connection,
  onRemoved,
}: {
  connection: ProviderConnection
  onRemoved?: () => void
}) => {
  const { api, can, href } = useScope()
  const refresh = useRefresh()
  const [open, setOpen] = useState<'rotate' | 'disable' | 'remove' | null>(null)
  const close = () => setOpen(null)
  if (!can('provider.write')) return null
  const setStatus = async (status: ProviderConnection['status']) => {
    await api.providers.update({ params: { id: connection.id }, body: { status } })
    await refresh('providers', 'models', 'model-chain')
    toast.success(status === 'active' ? t.enabled : t.disabled)
  }
  const active = connection.status === 'active'
  return (
    <>
      <Menu
        label={providerText.acts}
        items={[
          {
            label: providerText.edit,
            icon: <IconPencil size={14} />,
            href: href(`providers/${connection.id}/edit`),
          },
          ...(connection.kind === 'demo'
            ? []
            : [
                {
                  label: connection.secret ? providerText.rotate : providerText.setKey,
                  icon: <IconKey size={14} />,
                  onClick: () => setOpen('rotate'),
                },
              ]),
          active
            ? { label: providerText.disable, icon: <IconBan size={14} />, onClick: () => setOpen('disable') }
            : {
                label: providerText.enable,
                icon: <IconCircleCheck size={14} />,
                onClick: () => void setStatus('active').catch((error: Error) => toast.error(error.message)),
              },
          {
            label: providerText.remove,
            icon: <IconTrash size={14} />,
            danger: true,
            onClick: () => setOpen('remove'),
          },
        ]}
      />
      <RotateKeyModal connection={connection} opened={open === 'rotate'} onClose={close} />
      <DisableDialog
        connection={connection}
        opened={open === 'disable'}
        onClose={close}
        onConfirm={() => setStatus('disabled')}
      />
      <RemoveDialog connection={connection} opened={open === 'remove'} onClose={close} onRemoved={onRemoved} />
    </>
  )
}

/** The models that run on a connection, loaded once somebody asks. */
const useModelsOn = (connection: ProviderConnection, enabled: boolean) =>
  useLoad(
    ['models', 'on', connection.id],
    (api, signal) => api.models.list({ query: { connectionId: connection.id, limit: 100 } }, { signal }),
    { enabled },
  ).data?.items ?? []

const DisableDialog = ({
  connection,
  opened,
  onClose,
  onConfirm,
}: {
  connection: ProviderConnection
  opened: boolean
  onClose: () => void
  onConfirm: () => Promise<void>
}) => {
  const models = useModelsOn(connection, opened)
  const effects = models.map(({ name, deployments }) =>
    deployments.some(({ connectionId }) => connectionId !== connection.id) ? t.falls(name) : t.stops(name),
  )
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={t.disableTitle(connection.name)}
      effects={[t.disableEffect, ...(connection.models === 0 ? [t.noModels] : effects)]}
      confirmLabel={providerText.disable}
      onConfirm={onConfirm}
    />
  )
}

const RemoveDialog = ({
  connection,
  opened,
  onClose,
  onRemoved,
}: {
  connection: ProviderConnection
  opened: boolean
  onClose: () => void
  onRemoved: (() => void) | undefined
}) => {
  const { api, href } = useScope()
  const refresh = useRefresh()
  const { navigate } = useNavigation()
  const models = useModelsOn(connection, opened && connection.models > 0)
  if (connection.models > 0)
    return (
      <ConfirmDialog
        opened={opened}
        onClose={onClose}
        title={t.removeTitle(connection.name)}
        effects={models.map(({ id, name }) => (
          <Link key={id} href={href(`models/${id}`)}>
            {name}
          </Link>
        ))}
        danger={false}
        confirmLabel={t.gotIt}
        onConfirm={() => navigate(href(`providers/${connection.id}`))}
      >
        {t.inUse(connection.models)}
      </ConfirmDialog>
    )
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={t.removeTitle(connection.name)}
      effects={[t.removeEffect]}
      typeName={connection.name}
      confirmLabel={providerText.remove}
      onConfirm={async () => {
        await api.providers.remove({ params: { id: connection.id } })
        onRemoved?.()
        await refresh('providers')
        toast.success(t.removed)
      }}
    />
  )
}
