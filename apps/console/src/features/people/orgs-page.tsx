import type { Org } from '@cockpit/contract/directory'
import {
  Badge,
  Button,
  type Column,
  ConfirmDialog,
  EmptyState,
  FormModal,
  IconPencil,
  IconPlus,
  IconSitemap,
  IconTrash,
  IdText,
  ListPage,
  Menu,
  None,
  RelativeTime,
  Row,
  TextField,
  toast,
  useForm,
} from '@cockpit/ui'
import { useLoadPages, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'
import { usePeopleTabs } from './tabs.ts'

const words = messages('orgsPage', {
  noun: 'orgs',
  search: 'Search name or id',
  create: 'New org',
  createSubmit: 'Create org',
  edit: (name: string) => `Edit ${name}`,
  isDefault: 'Default',
  defaultHelp: 'Teams that name no org belong to it; it cannot be deleted.',
  teams: 'Teams',
  empty: 'No orgs',
  emptyText: 'An org groups teams, such as a division of the company.',
  removeTitle: (name: string) => `Delete org ${name}?`,
  removeSubmit: 'Delete org',
  removeEffect: 'Only an org without teams and without allocations can be deleted.',
  removed: (name: string) => `Org ${name} deleted.`,
})

const columns: readonly Column<Org>[] = [
  {
    key: 'name',
    header: t.name,
    value: ({ name }) => name,
    render: ({ name, isDefault }) => (
      <Row wrap={false}>
        {name}
        {isDefault && (
          <span title={words.defaultHelp}>
            <Badge>{words.isDefault}</Badge>
          </span>
        )}
      </Row>
    ),
    sortable: true,
    primary: true,
  },
  {
    key: 'description',
    header: t.description,
    value: ({ description }) => description,
    render: ({ description }) => description ?? <None />,
  },
  { key: 'teams', header: words.teams, numeric: true, value: ({ teams }) => teams, sortable: true },
  {
    key: 'created',
    header: t.created,
    value: ({ createdAt }) => createdAt,
    render: ({ createdAt }) => <RelativeTime at={createdAt} />,
    sortable: true,
  },
  { key: 'id', header: t.id, value: ({ id }) => id, render: ({ id }) => <IdText id={id} />, hidden: true },
]

export const OrgsPage = () => {
  const { api, can, href } = useScope()
  const refresh = useRefresh()
  const { search, setSearch } = useSearchState()
  const tabs = usePeopleTabs()
  const list = useLoadPages(['orgs', 'list', search.q], (from, after, signal) =>
    from.orgs.list({ query: { q: search.q, after } }, { signal }),
  )
  const writes = can('directory.write')
  const create = writes && (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {words.create}
    </Button>
  )
  const found = (id: string | undefined) => list.rows?.find((org) => org.id === id)
  const editing = found(search.edit)
  const removing = found(search.remove)
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={t.orgsAbout}
        actions={create}
        tabs={tabs}
        noun={words.noun}
        columns={columns}
        rowId={({ id }) => id}
        rowHref={({ id }) => href(`people/teams?orgId=${id}`)}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={words.search}
        {...(writes && {
          rowActions: (org: Org) => (
            <Menu
              label={words.edit(org.name)}
              items={[
                { label: t.edit, icon: <IconPencil size={14} />, onClick: () => setSearch({ edit: org.id }) },
                {
                  label: t.del,
                  icon: <IconTrash size={14} />,
                  danger: true,
                  disabled: org.isDefault,
                  onClick: () => setSearch({ remove: org.id }),
                },
              ]}
            />
          ),
        })}
        empty={
          <EmptyState
            icon={<IconSitemap size={28} stroke={1.5} />}
            title={words.empty}
            text={words.emptyText}
            action={create}
          />
        }
      />
      <OrgModal opened={search.new === '1'} onClose={() => setSearch({ new: undefined })} />
      {editing && <OrgModal key={editing.id} opened onClose={() => setSearch({ edit: undefined })} org={editing} />}
      <ConfirmDialog
        opened={removing !== undefined}
        onClose={() => setSearch({ remove: undefined })}
        title={words.removeTitle(removing?.name ?? '')}
        effects={[words.removeEffect]}
        confirmLabel={words.removeSubmit}
        onConfirm={async () => {
          if (!removing) return
          await api.orgs.remove({ params: { id: removing.id } })
          toast.success(words.removed(removing.name))
          await refresh('orgs')
        }}
      />
    </>
  )
}

const OrgModal = ({ opened, onClose, org }: { opened: boolean; onClose: () => void; org?: Org }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: { name: org?.name ?? '', description: org?.description ?? '' },
    check: ({ name }) => (name.trim() ? {} : { name: t.required }),
    submit: async ({ name, description }) => {
      const body = { name: name.trim(), description: description.trim() || null }
      if (org) await api.orgs.update({ params: { id: org.id }, body })
      else await api.orgs.create({ body })
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
