import type { Team, User } from '@cockpit/contract/directory'
import { FormModal, MultiSelect, toast, useForm } from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const words = messages('addMembers', {
  title: (name: string) => `Add members to ${name}`,
  people: 'People',
  placeholder: 'Search by name or e-mail',
  help: 'Their other teams stay; their primary team does not change.',
  submit: 'Add to team',
  required: 'choose at least one person',
  added: 'Members added.',
})

/** Puts people of the account into a team. */
export const AddMembers = ({ team, opened, onClose }: { team: Team; opened: boolean; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [q, setQuery] = useState('')
  const [chosen, setChosen] = useState<readonly User[]>([])
  const { data } = useLoad(
    ['users', 'to-add', q],
    (from, signal) => from.users.list({ query: { q: q || undefined, limit: 50 } }, { signal }),
    { enabled: opened },
  )
  const outside = (data?.items ?? []).filter((user) => !user.teams.some(({ id }) => id === team.id))
  const known = [...chosen, ...outside.filter(({ id }) => !chosen.some((user) => user.id === id))]
  const form = useForm<{ userIds: string[] }>({
    initial: { userIds: [] },
    check: ({ userIds }) => (userIds.length > 0 ? {} : { userIds: words.required }),
    submit: async ({ userIds }) => {
      await api.teamMembers.add({ params: { id: team.id }, body: { userIds } })
      await refresh('users', 'teams', 'team-members', 'effective-allocation')
    },
  })
  const people = form.field('userIds')
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={words.title(team.name)}
      submitLabel={words.submit}
      onSaved={() => toast.success(words.added)}
    >
      <MultiSelect
        label={words.people}
        help={words.help}
        placeholder={words.placeholder}
        {...people}
        onChange={(ids) => {
          setChosen(known.filter(({ id }) => ids.includes(id)))
          people.onChange(ids)
        }}
        onSearch={setQuery}
        options={known.map(({ id, name, email }) => ({ value: id, label: `${name} · ${email}` }))}
      />
    </FormModal>
  )
}
