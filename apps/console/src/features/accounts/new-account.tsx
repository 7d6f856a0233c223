import { Divider, FormModal, Heading, PasswordField, TextField, toast, useForm, useNavigation } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { AccountFields, bodyOf, checkAccount, emptyAccount } from './account-form.tsx'
import { t } from './strings.ts'

export const NewAccountModal = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const { navigate } = useNavigation()
  const installation = useLoad(['settings'], (from, signal) => from.settings.installation({}, { signal }), {
    enabled: opened,
  })
  const form = useForm({
    initial: { ...emptyAccount(), adminEmail: '', adminName: '', adminPassword: '' },
    check: (values) => ({
      ...checkAccount(values),
    }),
    submit: async (values) => {
      const admin = values.adminEmail.trim() && {
        adminEmail: values.adminEmail.trim(),
        ...(values.adminName.trim() ? { adminName: values.adminName.trim() } : {}),
        ...(values.adminPassword ? { adminPassword: values.adminPassword } : {}),
      }
      const account = await api.accounts.create({ body: { ...bodyOf(values), ...(admin || {}) } })
      // the switcher lists it too
      await refresh('accounts', 'session')
      toast.success(t.createdToast(account.name))
      navigate(`/platform/accounts/${account.id}`)
    },
  })
  const factor = installation.data?.creditsFactor
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={t.create}
      description={t.createAbout}
      submitLabel={t.createSubmit}
      size="lg"
    >
      <AccountFields form={form} autoFocus factorHelp={factor ? t.factorDefault(factor) : t.factorHelp} />
      <Divider />
      <Heading level={3}>{t.adminHeading}</Heading>
      <TextField label={t.adminEmail} type="email" help={t.adminEmailHelp} {...form.field('adminEmail')} />
      {form.values.adminEmail.trim() !== '' && (
        <>
          <TextField label={t.adminName} {...form.field('adminName')} />
          <PasswordField
            label={t.adminPassword}
            help={t.adminPasswordHelp}
            autoComplete="new-password"
            {...form.field('adminPassword')}
          />
        </>
      )}
    </FormModal>
  )
}
