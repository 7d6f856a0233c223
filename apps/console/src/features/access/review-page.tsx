import { type AccessReviewRow, reviewedKinds } from '@cockpit/contract/access'
import type { Permission } from '@cockpit/contract/permissions'
import {
  Badge,
  Button,
  type Column,
  EmptyState,
  Heading,
  IconDownload,
  ListPage,
  Menu,
  None,
  problemOf,
  RelativeTime,
  Row,
  SidePanel,
  Stack,
  StatusBadge,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import type { Api } from '../../app/api.ts'
import { useLoadPages, useOpened } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { permissionOptions, useRoleOptions } from './options.ts'
import { roleName } from './roles.ts'
import { t } from './strings.ts'
import { useAccessTabs } from './tabs.ts'

const words = messages('accessReview', {
  about:
    'Who can use what, because of which role, and since when: people and programs of the account, SCIM tokens, and people of the platform, who reach every account. Computed by the rules that enforce it.',
  noun: 'people and programs',
  nounOne: 'person or program',
  kind: 'Kind',
  user: 'Person',
  service_account: 'Service account',
  scim_token: 'SCIM token',
  platform_person: 'Person of the platform',
  platformAbout:
    'Reaches this account by a role of the platform. Of these people an account sees the name, the role and since when.',
  tokenAbout: (by: string) => `An identity source manages people of this account with it, on the word of ${by}.`,
  nobodyKnown: 'nobody known',
  mayGive: 'May give',
  permission: 'May use',
  denied: 'Deny rules',
  concerned: 'Concerned',
  notConcerned: 'Not concerned',
  expiring: 'Roles that end',
  some: 'Some',
  none: 'None',
  everywhere: 'Everywhere',
  parts: 'In parts',
  keys: 'Keys',
  seen: 'Last seen',
  export: 'Export all',
  csv: 'As CSV',
  lines: 'As JSON lines',
  empty: 'Nobody is in this account yet',
  membership: 'membership',
  part: 'in a part',
  deniedBy: (reason: string) => `denied: ${reason}`,
  everyModel: 'every model',
  lastUsed: 'last used',
  noKeys: 'No working keys.',
  suspended: 'Suspended: may do nothing until they are back.',
})

export const ReviewPage = () => {
  const { href } = useScope()
  const { search, setSearch } = useSearchState()
  const tabs = useAccessTabs()
  const roles = useRoleOptions()
  const query = filtersIn(search)
  const list = useLoadPages(['access-review', query], (api, after, signal) =>
    api.access.review({ query: { ...query, after } }, { signal }),
  )
  const askFor = async (api: Api, key: string, signal: AbortSignal) => {
    const { items } = await api.access.review({ query: { q: key.replace(fromPlatform, '') } }, { signal })
    return items.find((row) => keyOf(row) === key)
  }
  const shown = useOpened('access-review', list.rows, search.open, askFor, keyOf)
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={words.about}
        actions={<Exports query={query} />}
        tabs={tabs}
        noun={words.noun}
        nounOne={words.nounOne}
        columns={columns}
        rowId={keyOf}
        onRowClick={(row) => setSearch({ open: keyOf(row) })}
        activeId={search.open}
        search={search}
        onSearchChange={setSearch}
        searchable
        filters={[
          { kind: 'select', key: 'kind', label: words.kind, options: kindOptions },
          { kind: 'select', key: 'permission', label: words.permission, options: permissionOptions },
          { kind: 'select', key: 'role', label: t.role, options: roles },
          {
            kind: 'select',
            key: 'denied',
            label: words.denied,
            options: [
              { value: 'true', label: words.concerned },
              { value: 'false', label: words.notConcerned },
            ],
          },
          {
            kind: 'select',
            key: 'expiring',
            label: words.expiring,
            options: [
              { value: 'true', label: words.some },
              { value: 'false', label: words.none },
            ],
          },
        ]}
        empty={<EmptyState title={words.empty} />}
      />
      <SidePanel
        opened={shown !== undefined}
        onClose={() => setSearch({ open: undefined })}
        title={shown?.name ?? ''}
        width={720}
        {...(shown?.kind === 'user' ? { pageHref: href(`people/${shown.id}/permissions`) } : {})}
      >
        {shown && <Entry row={shown} />}
      </SidePanel>
    </>
  )
}

const fromPlatform = 'platform:'
/** Somebody of the platform may be of the account too, with the same id. */
const keyOf = ({ kind, id }: AccessReviewRow) => (kind === 'platform_person' ? `${fromPlatform}${id}` : id)
const kindOptions = reviewedKinds.map((value) => ({ value, label: words[value] }))

const filtersIn = ({ q, kind, permission, role, denied, expiring }: Record<string, string | undefined>) => ({
  q,
  kind: kind as AccessReviewRow['kind'] | undefined,
  role,
  permission: permission as Permission | undefined,
  ...(denied && { denied: denied as never }),
  ...(expiring && { expiring: expiring as never }),
})

const Exports = ({ query }: { query: ReturnType<typeof filtersIn> }) => {
  const { api } = useScope()
  const [busy, setBusy] = useState(false)
  const save = async (name: string, type: string, text: Promise<string>) => {
    setBusy(true)
    try {
      const link = document.createElement('a')
      link.href = URL.createObjectURL(new Blob([await text], { type }))
      link.download = name
      link.click()
      URL.revokeObjectURL(link.href)
    } catch (error) {
      toast.error(problemOf(error).detail)
    }
    setBusy(false)
  }
  return (
    <Menu
      target={
        <Button icon={<IconDownload size={14} />} loading={busy}>
          {words.export}
        </Button>
      }
      items={[
        {
          label: words.csv,
          onClick: () => void save('access-review.csv', 'text/csv', api.access.reviewCsv({ query })),
        },
        {
          label: words.lines,
          onClick: () => void save('access-review.jsonl', 'application/x-ndjson', api.access.reviewLines({ query })),
        },
      ]}
    />
  )
}

const Entry = ({ row }: { row: AccessReviewRow }) => (
  <Stack>
    {row.status === 'suspended' && <p>{words.suspended}</p>}
    {row.kind === 'platform_person' && <p>{words.platformAbout}</p>}
    {row.source && <TokenWord source={row.source} />}
    <Stack gap={8}>
      {row.permissions.map(({ permission, reach, sources, deniedBy }) => (
        <Row key={permission} gap={8}>
          <code className="ck-mono">{permission}</code>
          {reach === 'part' && <Badge>{words.part}</Badge>}
          {deniedBy && <Badge tone="red">{words.deniedBy(deniedBy.reason)}</Badge>}
          <span className="ck-muted">
            {sources
              .map(({ role, via }) => (via === 'membership' ? `${role.name} (${words.membership})` : role.name))
              .join(', ')}
            {' · '}
            <RelativeTime at={sources[0]?.since ?? null} />
          </span>
        </Row>
      ))}
    </Stack>
    {ownsKeys(row) && <Keys row={row} />}
  </Stack>
)

const ownsKeys = ({ kind }: AccessReviewRow) => kind === 'user' || kind === 'service_account'

const TokenWord = ({ source }: { source: NonNullable<AccessReviewRow['source']> }) => (
  <>
    <p>
      {words.tokenAbout(source.vouchedBy?.name ?? words.nobodyKnown)}
      {source.vouchedSince && (
        <span className="ck-muted">
          {' · '}
          <RelativeTime at={source.vouchedSince} />
        </span>
      )}
    </p>
    <Row gap={8}>
      <span className="ck-muted">{words.mayGive}</span>
      {source.roles.map((role) => (
        <Badge key={role}>{roleName(role)}</Badge>
      ))}
    </Row>
  </>
)

const Keys = ({ row }: { row: AccessReviewRow }) => (
  <Stack>
    <Heading level={3}>{words.keys}</Heading>
    {row.keys.length === 0 && <p className="ck-muted">{words.noKeys}</p>}
    {row.keys.map(({ id, name, models, lastUsedAt }) => (
      <Row key={id} gap={8}>
        <span>{name}</span>
        <span className="ck-muted">
          {models?.join(', ') ?? words.everyModel} · {words.lastUsed} <RelativeTime at={lastUsedAt} />
        </span>
      </Row>
    ))}
  </Stack>
)

const rolesOf = ({ permissions }: AccessReviewRow) =>
  [...new Set(permissions.flatMap(({ sources }) => sources.map(({ role }) => role.name)))].join(', ')
const counted =
  (reach: 'account' | 'part') =>
  ({ permissions }: AccessReviewRow) =>
    permissions.filter((held) => held.reach === reach && !held.deniedBy).length

const columns: readonly Column<AccessReviewRow>[] = [
  { key: 'name', header: t.name, value: ({ name }) => name, sortable: true, primary: true },
  { key: 'kind', header: words.kind, value: ({ kind }) => words[kind] },
  { key: 'email', header: 'E-mail', value: ({ email }) => email, render: ({ email }) => email ?? <None /> },
  {
    key: 'status',
    header: t.state,
    value: ({ status }) => status,
    render: ({ status }) => <StatusBadge status={status} />,
  },
  { key: 'roles', header: t.role, value: rolesOf },
  { key: 'everywhere', header: words.everywhere, numeric: true, value: counted('account'), sortable: true },
  { key: 'parts', header: words.parts, numeric: true, value: counted('part'), sortable: true },
  {
    key: 'denied',
    header: words.denied,
    numeric: true,
    value: ({ permissions }) => permissions.filter(({ deniedBy }) => deniedBy).length,
    sortable: true,
  },
  { key: 'keys', header: words.keys, numeric: true, value: ({ keys }) => keys.length, sortable: true },
  {
    key: 'seen',
    header: words.seen,
    value: ({ lastSeenAt }) => lastSeenAt,
    // when somebody of the platform was here is not told
    render: ({ kind, lastSeenAt }) => (kind === 'platform_person' ? <None /> : <RelativeTime at={lastSeenAt} />),
  },
]
