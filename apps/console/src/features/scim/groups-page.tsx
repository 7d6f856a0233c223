import type { ScimGroup } from '@cockpit/contract/scim'
import { type Column, EmptyState, IconUsers, IdText, ListPage, None, RelativeTime } from '@cockpit/ui'
import { useLoadPages } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useSignInTabs } from '../sso/tabs.ts'
import { t } from './strings.ts'

const columns: readonly Column<ScimGroup>[] = [
  { key: 'name', header: t.name, value: ({ name }) => name, sortable: true, primary: true },
  { key: 'members', header: t.members, numeric: true, value: ({ members }) => members, sortable: true },
  {
    key: 'gives',
    header: t.gives,
    value: ({ gives }) => gives.join(', '),
    render: ({ gives }) => (gives.length > 0 ? gives.join(', ') : <None />),
  },
  {
    key: 'updated',
    header: t.updated,
    value: ({ updatedAt }) => updatedAt,
    render: ({ updatedAt }) => <RelativeTime at={updatedAt} />,
    sortable: true,
  },
  { key: 'id', header: 'Id', value: ({ id }) => id, render: ({ id }) => <IdText id={id} />, hidden: true },
]

/** What groups the identity source has sent, and what membership gives. */
export const ScimGroupsPage = () => {
  const { search, setSearch } = useSearchState()
  const list = useLoadPages(['scim', 'groups', search.q], (api, after, signal) =>
    api.scim.groups({ query: { q: search.q, after } }, { signal }),
  )
  return (
    <ListPage
      {...list}
      title={t.title}
      description={t.about}
      tabs={useSignInTabs()}
      noun={t.noun}
      columns={columns}
      rowId={({ id }) => id}
      search={search}
      onSearchChange={setSearch}
      searchable
      searchLabel={t.search}
      empty={<EmptyState icon={<IconUsers size={28} stroke={1.5} />} title={t.noGroups} text={t.noGroupsText} />}
    />
  )
}
