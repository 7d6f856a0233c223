import { type PlatformRole, platformRoles } from '@cockpit/contract/kit'
import type { PlatformPerson } from '@cockpit/contract/platform-people'
import {
  Badge,
  Button,
  type Column,
  ConfirmDialog,
  EmptyState,
  FormModal,
  IconPlus,
  IdText,
  ListPage,
  PasswordField,
  RelativeTime,
  Row,
  Select,
  TextField,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { roleName } from './roles.ts'
import { t } from './strings.ts'

const words = messages('platformPeople', {
  title: 'Platform people',
  about: 'People with a role of the whole installation. They may act in every account, as far as their role allows.',
  noun: 'people',
  add: 'Add a person',
  addAbout: 'Somebody who uses this installation already keeps their name and password.',
  submit: 'Add person',
  change: 'Change role',
  removeTitle: (name: string) => `Take the role of the platform from ${name}?`,
  removeEffect: 'They reach no account through it any more, from their next request on. Memberships in accounts stay.',
  removed: (name: string) => `${name} has no role of the platform any more.`,
  email: 'E-mail',
  password: 'Initial password',
  passwordHelp: 'For a new person without an identity provider.',
  seen: 'Last seen',
  you: (name: string) => `${name} (you)`,
  empty: 'Nobody has a role of the platform',
})
const roleOptions = platformRoles.map((value) => ({ value, label: roleName(value) }))

export const PlatformPeoplePage = () => {
  const { can, me } = useScope()
  const { search, setSearch } = useSearchState()
  const { data, error, retry } = useLoad(['platform-people'], (api, signal) => api.platformPeople.list({}, { signal }))
  const q = (search.q ?? '').toLowerCase()
  const add = can('access.write') && (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {words.add}
    </Button>
  )
  return (
    <>
      <ListPage
        title={words.title}
        description={words.about}
        actions={add}
        noun={words.noun}
        nounOne="person"
        columns={columns(me.principal.id)}
        rows={data?.items.filter(({ name, email }) => `${name} ${email}`.toLowerCase().includes(q))}
        rowId={({ id }) => id}
        rowActions={(person) => can('access.write') && <Acts person={person} />}
        error={error}
        retry={retry}
        search={search}
        onSearchChange={setSearch}
        searchable
        empty={<EmptyState title={words.empty} />}
      />
      {search.new && <AddPerson onClose={() => setSearch({ new: undefined })} />}
    </>
  )
}

const AddPerson = ({ onClose }: { onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm<{ email: string; name: string; role: PlatformRole | null; password: string }>({
    initial: { email: '', name: '', role: 'support', password: '' },
    check: ({ email, name }) => ({
      ...(email.trim() ? {} : { email: t.required }),
      ...(name.trim() ? {} : { name: t.required }),
    }),
    submit: async ({ email, name, role, password }) => {
      const body = { email: email.trim(), name: name.trim(), role: role ?? 'support', ...(password && { password }) }
      await api.platformPeople.add({ body })
      await refresh('platform-people')
      toast.success(t.saved)
    },
  })
  return (
    <FormModal
      form={form}
      opened
      onClose={onClose}
      title={words.add}
      description={words.addAbout}
      submitLabel={words.submit}
    >
      <TextField label={words.email} type="email" required autoFocus {...form.field('email')} />
      <TextField label={t.name} required {...form.field('name')} />
      <Select label={t.role} options={roleOptions} {...form.field('role')} />
      <PasswordField
        label={words.password}
        help={words.passwordHelp}
        autoComplete="new-password"
        {...form.field('password')}
      />
    </FormModal>
  )
}

const Acts = ({ person }: { person: PlatformPerson }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [asking, setAsking] = useState<'role' | 'remove' | null>(null)
  const params = { id: person.id }
  return (
    <Row gap={8} wrap={false}>
      <Button onClick={() => setAsking('role')}>{words.change}</Button>
      <Button onClick={() => setAsking('remove')}>{t.remove}</Button>
      {asking === 'role' && <ChangeRole person={person} onClose={() => setAsking(null)} />}
      <ConfirmDialog
        opened={asking === 'remove'}
        onClose={() => setAsking(null)}
        title={words.removeTitle(person.name)}
        effects={[words.removeEffect]}
        confirmLabel={t.remove}
        onConfirm={async () => {
          await api.platformPeople.remove({ params })
          await refresh('platform-people')
          toast.success(words.removed(person.name))
        }}
      />
    </Row>
  )
}

const ChangeRole = ({ person, onClose }: { person: PlatformPerson; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm<{ role: PlatformRole | null }>({
    initial: { role: person.role },
    submit: async ({ role }) => {
      await api.platformPeople.update({ params: { id: person.id }, body: { role: role ?? person.role } })
      await refresh('platform-people')
      toast.success(t.saved)
    },
  })
  return (
    <FormModal
      form={form}
      opened
      onClose={onClose}
      title={words.change}
      description={person.name}
      submitLabel={words.change}
    >
      <Select label={t.role} options={roleOptions} {...form.field('role')} />
    </FormModal>
  )
}

const columns = (myId: string): readonly Column<PlatformPerson>[] => [
  {
    key: 'name',
    header: t.name,
    value: ({ id, name }) => (id === myId ? words.you(name) : name),
    sortable: true,
    primary: true,
  },
  { key: 'email', header: words.email, value: ({ email }) => email, sortable: true },
  {
    key: 'role',
    header: t.role,
    value: ({ role }) => roleName(role),
    render: ({ role }) => <Badge>{roleName(role)}</Badge>,
    sortable: true,
  },
  {
    key: 'seen',
    header: words.seen,
    value: ({ lastSeenAt }) => lastSeenAt,
    render: ({ lastSeenAt }) => <RelativeTime at={lastSeenAt} />,
  },
  {
    key: 'since',
    header: t.since,
    value: ({ since }) => since,
    render: ({ since }) => <RelativeTime at={since} />,
    sortable: true,
  },
  { key: 'id', header: t.id, value: ({ id }) => id, render: ({ id }) => <IdText id={id} />, hidden: true },
]
