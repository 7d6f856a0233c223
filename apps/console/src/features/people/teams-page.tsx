import type { Team } from '@cockpit/contract/directory'
import {
  Button,
  type Column,
  EmptyState,
  IconPlus,
  IconUsersGroup,
  IdText,
  ListPage,
  None,
  RelativeTime,
} from '@cockpit/ui'
import { useLoadPages } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { useOrgOptions } from './all-units.ts'
import { limitText } from './limit-fields.tsx'
import { t } from './strings.ts'
import { usePeopleTabs } from './tabs.ts'
import { TeamModal } from './team-form.tsx'

const words = messages('teamsPage', {
  noun: 'teams',
  search: 'Search name or id',
  create: 'New team',
  empty: 'No teams yet',
  emptyText: 'A team gives people shared limits and a shared budget.',
})

const columns: readonly Column<Team>[] = [
  { key: 'name', header: t.name, value: ({ name }) => name, sortable: true, primary: true },
  { key: 'org', header: t.org, value: ({ orgName }) => orgName, sortable: true },
  {
    key: 'description',
    header: t.description,
    value: ({ description }) => description,
    render: ({ description }) => description ?? <None />,
  },
  { key: 'members', header: t.members, numeric: true, value: ({ members }) => members, sortable: true },
  {
    key: 'rpm',
    header: t.rpmShort,
    numeric: true,
    value: ({ limits }) => limits.rpm,
    render: ({ limits }) => limitText(limits.rpm),
  },
  {
    key: 'tpm',
    header: t.tpmShort,
    numeric: true,
    value: ({ limits }) => limits.tpm,
    render: ({ limits }) => limitText(limits.tpm),
  },
  {
    key: 'created',
    header: t.created,
    value: ({ createdAt }) => createdAt,
    render: ({ createdAt }) => <RelativeTime at={createdAt} />,
    sortable: true,
  },
  { key: 'id', header: t.id, value: ({ id }) => id, render: ({ id }) => <IdText id={id} />, hidden: true },
]

export const TeamsPage = () => {
  const { can, href } = useScope()
  const { search, setSearch } = useSearchState()
  const tabs = usePeopleTabs()
  const filters = { q: search.q, orgId: search.orgId }
  const list = useLoadPages(['teams', 'list', filters], (api, after, signal) =>
    api.teams.list({ query: { ...filters, after } }, { signal }),
  )
  const orgs = useOrgOptions()
  const create = can('directory.write') && (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {words.create}
    </Button>
  )
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={t.teamsAbout}
        actions={create}
        tabs={tabs}
        noun={words.noun}
        columns={columns}
        rowId={({ id }) => id}
        rowHref={({ id }) => href(`people/teams/${id}`)}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={words.search}
        filters={can('directory.read') ? [{ kind: 'select', key: 'orgId', label: t.org, options: orgs }] : []}
        empty={
          <EmptyState
            icon={<IconUsersGroup size={28} stroke={1.5} />}
            title={words.empty}
            text={words.emptyText}
            action={create}
          />
        }
      />
      <TeamModal opened={search.new === '1'} onClose={() => setSearch({ new: undefined })} />
    </>
  )
}
