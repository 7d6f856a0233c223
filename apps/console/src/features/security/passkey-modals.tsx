import type { Passkey } from '@cockpit/contract/mfa'
import { FormModal, TextField, useForm } from '@cockpit/ui'
import { apiFor } from '../../app/api.ts'
import { makePasskey } from '../../app/passkeys.ts'
import { t } from './strings.ts'

type NewProps = { opened: boolean; onClose: () => void; onDone: (recoveryCodes: string[] | null) => Promise<void> }

export const NewPasskey = ({ opened, onClose, onDone }: NewProps) => {
  const form = useForm({
    initial: { name: '' },
    submit: async ({ name }) => {
      const { mfa } = apiFor(null)
      const { challenge, options } = await mfa.passkeyOptions()
      const credential = await makePasskey(options)
      if (!credential) throw new Error(t.cancelled)
      await onDone((await mfa.addPasskey({ body: { challenge, name, credential } })).recoveryCodes)
    },
  })
  return (
    <FormModal form={form} opened={opened} onClose={onClose} title={t.addPasskey} submitLabel={t.create}>
      <TextField label={t.passkeyName} help={t.passkeyHelp} required {...form.field('name')} />
    </FormModal>
  )
}

export const RenamePasskey = ({
  passkey,
  onClose,
  onSaved,
}: {
  passkey: Passkey
  onClose: () => void
  onSaved: () => void
}) => {
  const form = useForm({
    initial: { name: passkey.name },
    submit: (body) => apiFor(null).mfa.renamePasskey({ params: { id: passkey.id }, body }),
  })
  return (
    <FormModal form={form} opened onClose={onClose} title={t.rename} submitLabel={t.save} onSaved={onSaved}>
      <TextField label={t.passkeyName} required {...form.field('name')} />
    </FormModal>
  )
}
