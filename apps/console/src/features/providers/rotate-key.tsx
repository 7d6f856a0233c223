import type { ProviderConnection } from '@cockpit/contract/providers'
import { FormModal, PasswordField, toast, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('rotateProviderKey', {
  title: (name: string) => `New key for ${name}`,
  about: (masked: string, fingerprint: string) =>
    `Replaces ${masked} (fingerprint ${fingerprint}). Requests use the new key within a second; the old one is gone from here for good, so revoke it at the provider.`,
  first: 'This connection has no key yet. Requests use it within a second.',
  key: 'New API key',
  help: 'Stored encrypted and never shown again.',
  save: 'Replace key',
  saved: 'Key replaced. Test the connection to see that it works.',
  required: 'is required',
})

/** Write-only: the new value goes in, nothing comes out but its mask and fingerprint. */
export const RotateKeyModal = ({
  connection,
  opened,
  onClose,
}: {
  connection: ProviderConnection
  opened: boolean
  onClose: () => void
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: { secret: '' },
    check: ({ secret }) => (secret.trim() ? {} : { secret: t.required }),
    submit: async ({ secret }) => {
      await api.providers.update({ params: { id: connection.id }, body: { secret: secret.trim() } })
      await refresh('providers')
    },
  })
  const { secret } = connection
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={t.title(connection.name)}
      description={secret ? t.about(secret.masked, secret.fingerprint.slice(0, 12)) : t.first}
      submitLabel={t.save}
      onSaved={() => toast.success(t.saved)}
    >
      <PasswordField label={t.key} help={t.help} autoComplete="off" required autoFocus {...form.field('secret')} />
    </FormModal>
  )
}
