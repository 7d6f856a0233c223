import type { Permission } from '@cockpit/contract/permissions'
import type { Role } from '@cockpit/contract/roles'
import { FormModal, formatCount, MultiSelect, TextField, toast, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { permissionOptions } from './options.ts'
import { t } from './strings.ts'

const words = messages('roleForm', {
  create: 'New role',
  change: 'Edit role',
  about:
    'A custom role can hold at most what you may do yourself. A change counts for everybody who holds it, at once.',
  submit: 'Save role',
  holders: (count: number) =>
    count === 1 ? 'One person or program holds it.' : `${formatCount(count)} people and programs hold it.`,
})

export const RoleModal = ({
  opened,
  onClose,
  role,
  from,
}: {
  opened: boolean
  onClose: () => void
  role?: Role
  from?: Role | undefined
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const start = role ?? from
  const form = useForm<{ name: string; description: string; permissions: Permission[] }>({
    initial: {
      name: role?.name ?? '',
      description: role?.description ?? '',
      permissions: start ? [...start.permissions] : [],
    },
    check: ({ name, permissions }) => ({
      ...(name.trim() ? {} : { name: t.required }),
      ...(permissions.length > 0 ? {} : { permissions: t.required }),
    }),
    submit: async ({ name, description, permissions }) => {
      const body = { name: name.trim(), description: description.trim() || null, permissions }
      if (role) await api.roles.update({ params: { id: role.id }, body })
      else await api.roles.create({ body })
      await refresh('roles', 'users')
      toast.success(t.saved)
    },
  })
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={role ? words.change : words.create}
      description={role ? `${words.about} ${words.holders(role.holders)}` : words.about}
      submitLabel={words.submit}
      size="lg"
    >
      <TextField label={t.name} required autoFocus {...form.field('name')} />
      <TextField label={t.description} {...form.field('description')} />
      <MultiSelect label={t.permissions} required options={permissionOptions} {...form.field('permissions')} />
    </FormModal>
  )
}
