import type { Org } from '@cockpit/contract/directory'
import type { Domain } from '@cockpit/contract/kit'
import { ConfirmDialog, FormModal, TextField, toast, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

const words = messages('orgForm', {
  create: 'New org',
  createSubmit: 'Create org',
  edit: (name: string) => `Edit ${name}`,
  removeTitle: (name: string) => `Delete org ${name}?`,
  removeSubmit: 'Delete org',
  removeEffect: 'Only an org without teams and without allocations can be deleted.',
  removed: (name: string) => `Org ${name} deleted.`,
})

/** Creates an org of a domain, or changes one. */
export const OrgModal = ({
  opened,
  onClose,
  domain,
  org,
}: {
  opened: boolean
  onClose: () => void
  domain: Domain
  org: Org | undefined
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: { name: org?.name ?? '', description: org?.description ?? '' },
    check: ({ name }) => (name.trim() ? {} : { name: t.required }),
    submit: async ({ name, description }) => {
      const body = { name: name.trim(), description: description.trim() || null }
      if (org) await api.orgs.update({ params: { id: org.id }, body })
      else await api.orgs.create({ body: { ...body, domain } })
      await refresh('orgs', 'teams')
    },
  })
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={org ? words.edit(org.name) : words.create}
      submitLabel={org ? t.save : words.createSubmit}
      onSaved={() => toast.success(t.saved)}
    >
      <TextField label={t.name} required autoFocus {...form.field('name')} />
      <TextField label={t.description} {...form.field('description')} />
    </FormModal>
  )
}

export const RemoveOrg = ({ org, onClose }: { org: Org; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words.removeTitle(org.name)}
      effects={[words.removeEffect]}
      confirmLabel={words.removeSubmit}
      onConfirm={async () => {
        await api.orgs.remove({ params: { id: org.id } })
        toast.success(words.removed(org.name))
        await refresh('orgs')
      }}
    />
  )
}
