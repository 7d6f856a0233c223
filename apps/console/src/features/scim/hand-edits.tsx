import { type DirectoryPolicy, type HandEdit, handEdits } from '@cockpit/contract/users'
import { Checkbox, FormBody, LeaveGuard, Loaded, Panel, toast, useForm } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const words = messages('handEdits', {
  title: 'Changes by hand',
  about:
    'What administrators may change of people whom sign-in or synchronisation manages here. Suspending always may; the next synchronisation can set the rest back.',
  save: 'Save',
  saved: 'Saved.',
  role: 'Their role',
  status: 'Activating them again',
  teams: 'Leaving teams that the source put them in',
  remove: 'Removing them from the account',
})

/** Which fields of synchronised people the account opens for changes by hand. */
export const HandEdits = () => {
  const policy = useLoad(['directory-policy'], (api, signal) => api.directoryPolicy.get({}, { signal }))
  return (
    <Panel title={words.title} description={words.about}>
      <Loaded {...policy}>{(found) => <Form policy={found} />}</Loaded>
    </Panel>
  )
}

const Form = ({ policy }: { policy: DirectoryPolicy }) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const form = useForm<Record<HandEdit, boolean>>({
    initial: {
      role: policy.handEdits.includes('role'),
      status: policy.handEdits.includes('status'),
      teams: policy.handEdits.includes('teams'),
      remove: policy.handEdits.includes('remove'),
    },
    submit: async (values) => {
      await api.directoryPolicy.set({ body: { handEdits: handEdits.filter((edit) => values[edit]) } })
      await refresh('directory-policy')
    },
  })
  const writes = can('identity.write')
  const fields = handEdits.map((edit) => (
    <Checkbox key={edit} label={words[edit]} disabled={!writes} {...form.field(edit)} />
  ))
  if (!writes) return fields
  return (
    <>
      <LeaveGuard form={form} />
      <FormBody form={form} submitLabel={words.save} onSaved={() => toast.success(words.saved)}>
        {fields}
      </FormBody>
    </>
  )
}
