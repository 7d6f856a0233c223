import type { Role } from '@cockpit/contract/roles'
import { FormModal, Select, toast, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { useRoleOptions } from './options.ts'

const words = messages('deleteRole', {
  title: (name: string) => `Delete the role ${name}?`,
  unused: 'Nobody holds it. Deny rules and requests that name it need a replacement as well.',
  used: (holders: number) => `${holders === 1 ? 'One holder gets' : `${holders} holders get`} the replacement at once.`,
  replacement: 'Replacement',
  none: 'None',
  submit: 'Delete role',
  done: (name: string) => `${name} deleted.`,
})

export const DeleteRole = ({ role, onClose }: { role: Role; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const options = useRoleOptions().filter(({ value }) => value !== role.id)
  const form = useForm<{ replacement: string | null }>({
    initial: { replacement: null },
    submit: async ({ replacement }) => {
      const query = replacement ? { replacement: replacement as Role['id'] } : {}
      await api.roles.remove({ params: { id: role.id }, query })
      await refresh('roles', 'role-assignments', 'users')
      toast.success(words.done(role.name))
    },
  })
  return (
    <FormModal
      form={form}
      opened
      onClose={onClose}
      title={words.title(role.name)}
      description={role.holders > 0 ? words.used(role.holders) : words.unused}
      submitLabel={words.submit}
    >
      <Select
        label={words.replacement}
        placeholder={words.none}
        clearable
        options={options}
        {...form.field('replacement')}
      />
    </FormModal>
  )
}
