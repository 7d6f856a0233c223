import type { ScimRequest } from '@cockpit/contract/scim'
import { Badge, type Column, EmptyState, IconHistory, ListPage, None, RelativeTime, Text } from '@cockpit/ui'
import { useLoadPages } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useSignInTabs } from '../sso/tabs.ts'
import { t } from './strings.ts'

const columns: readonly Column<ScimRequest>[] = [
  { key: 'at', header: t.at, value: ({ at }) => at, render: ({ at }) => <RelativeTime at={at} /> },
  {
    key: 'request',
    header: t.request,
    value: ({ method, path }) => `${method} ${path}`,
    render: ({ method, path }) => <Text mono>{`${method} ${path}`}</Text>,
    primary: true,
  },
  {
    key: 'status',
    header: t.status,
    value: ({ status }) => status,
    render: ({ status }) => <Badge tone={status >= 400 ? 'red' : 'green'}>{status}</Badge>,
  },
  { key: 'why', header: t.why, value: ({ detail }) => detail, render: ({ detail }) => detail ?? <None /> },
  { key: 'token', header: t.token, value: ({ token }) => token },
]

/** The last requests of the identity source, for whoever has to find out why it complains. */
export const ScimRequestsPage = () => {
  const { search, setSearch } = useSearchState()
  const refused = search.refused === 'true' || search.refused === 'false' ? search.refused : undefined
  const list = useLoadPages(
    ['scim', 'requests', refused],
    (api, after, signal) => api.scim.requests({ query: { after, refused } }, { signal }),
    { everyMs: 10_000 },
  )
  return (
    <ListPage
      {...list}
      title={t.title}
      description={t.about}
      tabs={useSignInTabs()}
      noun={t.requests}
      columns={columns}
      rowId={({ id }) => id}
      search={search}
      onSearchChange={setSearch}
      filters={[
        {
          kind: 'select',
          key: 'refused',
          label: t.onlyRefused,
          options: [
            { value: 'true', label: t.yes },
            { value: 'false', label: t.no },
          ],
        },
      ]}
      empty={<EmptyState icon={<IconHistory size={28} stroke={1.5} />} title={t.noRequests} text={t.noRequestsText} />}
    />
  )
}
