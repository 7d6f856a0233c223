import type { ServiceAccount } from '@cockpit/contract/directory'
import { FormModal, Select, TextField, toast, useForm, useNavigation } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { asRead } from '../../app/versions.ts'
import { useTeamOptions } from '../keys/owners.ts'
import { t } from './strings.ts'

const words = messages('serviceAccountForm', {
  create: 'New service account',
  edit: (name: string) => `Edit ${name}`,
  submit: 'Create service account',
  nameHelp: 'The program, such as “Support bot”.',
  teamHelp: 'Whose budget and limits its keys use. Empty: the pool of the account.',
  noTeam: 'No team',
  created: 'Service account created; now issue a key or a client credential for it.',
})

/** Creates a service account, or changes one. */
export const ServiceAccountModal = ({
  opened,
  onClose,
  of,
}: {
  opened: boolean
  onClose: () => void
  of?: ServiceAccount
}) => {
  const { api, href } = useScope()
  const refresh = useRefresh()
  const { navigate } = useNavigation()
  const teams = useTeamOptions() ?? []
  const form = useForm({
    initial: { name: of?.name ?? '', description: of?.description ?? '', teamId: of?.teamId ?? '' },
    from: of,
    reload: () => refresh('service-accounts'),
    check: ({ name }) => (name.trim() ? {} : { name: t.required }),
    submit: async ({ name, description, teamId }, seen) => {
      const body = { name: name.trim(), description: description.trim() || null, teamId: teamId || null }
      if (of) await api.serviceAccounts.update({ params: { id: of.id }, body }, asRead(seen))
      else {
        const { id } = await api.serviceAccounts.create({ body })
        navigate(href(`people/service-accounts/${id}`))
      }
      await refresh('service-accounts', 'owners')
    },
  })
  const team = form.field('teamId')
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={of ? words.edit(of.name) : words.create}
      submitLabel={of ? t.save : words.submit}
      onSaved={() => toast.success(of ? t.saved : words.created)}
    >
      <TextField label={t.name} help={words.nameHelp} required autoFocus {...form.field('name')} />
      <TextField label={t.description} {...form.field('description')} />
      <Select
        label={t.team}
        help={words.teamHelp}
        placeholder={words.noTeam}
        clearable
        options={teams}
        {...team}
        value={team.value || null}
        onChange={(next) => team.onChange(next ?? '')}
      />
    </FormModal>
  )
}
