import { FormModal, PasswordField, TextField, toast, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'
import { MemberFields, type MemberValues } from './user-form.tsx'

const words = messages('newUser', {
  title: 'Add a person',
  about: 'A person who already uses this installation joins with the name and password they have.',
  submit: 'Add person',
  added: (name: string) => `${name} added.`,
  password: 'Initial password',
  passwordHelp: 'For a new person. Without one they cannot sign in yet.',
})

export const NewUserModal = ({
  opened,
  onClose,
  teamId,
}: {
  opened: boolean
  onClose: () => void
  teamId?: string
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm<MemberValues & { email: string; name: string; password: string }>({
    initial: {
      email: '',
      name: '',
      password: '',
      role: 'end_user',
      teamIds: teamId ? [teamId] : [],
      rpm: null,
      tpm: null,
    },
    check: ({ email, name }) => ({
      ...(email.trim() ? {} : { email: t.required }),
      ...(name.trim() ? {} : { name: t.required }),
    }),
    submit: async ({ email, name, password, role, teamIds, rpm, tpm }) => {
      const user = await api.users.create({
        body: {
          email: email.trim(),
          name: name.trim(),
          role,
          teamIds,
          limits: { rpm, tpm },
          ...(password ? { password } : {}),
        },
      })
      await refresh('users', 'teams', 'owners')
      toast.success(words.added(user.name))
    },
  })
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={words.title}
      description={words.about}
      submitLabel={words.submit}
      size="lg"
    >
      <TextField label={t.email} type="email" required autoFocus {...form.field('email')} />
      <TextField label={t.name} required {...form.field('name')} />
      <PasswordField
        label={words.password}
        help={words.passwordHelp}
        autoComplete="new-password"
        {...form.field('password')}
      />
      <MemberFields form={form} />
    </FormModal>
  )
}
