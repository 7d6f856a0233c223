import { permissionFacts } from '@cockpit/contract/permissions'
import type {
  HeldPermission,
  PermissionSource,
  UserPermissions as Permissions,
} from '@cockpit/contract/user-permissions'
import {
  Alert,
  Badge,
  Button,
  type Column,
  IconPlayerPlay,
  Loaded,
  None,
  Panel,
  RelativeTime,
  SidePanel,
  Stack,
  StatusBadge,
  sortRows,
  Table,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { PermissionWhy, SourceList } from './permission-why.tsx'

const words = messages('userPermissions', {
  title: 'Permissions',
  about: 'What the server lets this person do in this account, reckoned by the rules that enforce it.',
  simulate: 'Simulate',
  may: 'May',
  section: 'Section',
  where: 'Where',
  everywhere: 'Everywhere',
  because: 'Because of',
  since: 'Since',
  until: 'Until',
  forEver: 'No end',
  by: 'Given by',
  state: 'State',
  ends: 'Ends',
  more: (count: number) => `+${count}`,
  suspended: 'Suspended: may do nothing at all now. What is listed counts again when they are back.',
  upcoming: 'Begins later',
  upcomingAbout: 'Roles that count from a time on, without anybody having to do something then.',
})

/** What a person may do here and why; the row opens every role that gives it and the rule that takes it. */
export const UserPermissions = ({ userId }: { userId: string }) => {
  const { href } = useScope()
  const loaded = useLoad(['users', 'permissions', userId], (api, signal) =>
    api.userPermissions.list({ params: { id: userId } }, { signal }),
  )
  return (
    <Loaded {...loaded}>
      {(told) => (
        <Stack gap={24}>
          {told.status === 'suspended' && <Alert tone="amber" title={words.suspended} />}
          <Panel
            title={words.title}
            description={words.about}
            actions={
              <Button icon={<IconPlayerPlay size={14} />} href={href(`access/simulate?who=${userId}`)}>
                {words.simulate}
              </Button>
            }
          >
            <List told={told} />
          </Panel>
          {told.upcoming.length > 0 && (
            <Panel title={words.upcoming} description={words.upcomingAbout}>
              <SourceList sources={told.upcoming} userId={userId} />
            </Panel>
          )}
        </Stack>
      )}
    </Loaded>
  )
}

const List = ({ told: { userId, permissions } }: { told: Permissions }) => {
  const { href } = useScope()
  const { search, setSearch } = useSearchState()
  const sort = parsed(search.sort)
  const rows = sort ? sortRows(permissions, columns, sort) : bySection(permissions)
  const shown = permissions.find(({ permission }) => permission === search.open)
  return (
    <>
      <Table
        label={words.title}
        columns={columns}
        rows={rows}
        rowId={({ permission }) => permission}
        onRowClick={({ permission }) => setSearch({ open: permission })}
        activeId={search.open}
        sort={sort}
        onSort={({ key, down }) => setSearch({ sort: `${down ? '-' : ''}${key}` })}
      />
      <SidePanel
        opened={shown !== undefined}
        onClose={() => setSearch({ open: undefined })}
        title={shown ? permissionFacts[shown.permission].label : ''}
        width={560}
      >
        {shown && (
          <PermissionWhy
            held={shown}
            userId={userId}
            simulateHref={href(`access/simulate?who=${userId}&permission=${shown.permission}`)}
          />
        )}
      </SidePanel>
    </>
  )
}

const parsed = (sort: string | undefined) => (sort ? { key: sort.replace(/^-/, ''), down: sort.startsWith('-') } : null)
const bySection = (permissions: readonly HeldPermission[]) =>
  [...permissions].sort(
    (a, b) =>
      sectionOf(a).localeCompare(sectionOf(b)) ||
      permissionFacts[a.permission].label.localeCompare(permissionFacts[b.permission].label),
  )

const sectionOf = ({ permission }: HeldPermission): string => permissionFacts[permission].section
const roles = ({ sources }: HeldPermission) => [...new Set(sources.map(({ role }) => role.name))]
const places = ({ sources }: HeldPermission) => [...new Set(sources.map(({ scope }) => scope.name))]
const whereOf = (held: HeldPermission) => (held.reach === 'account' ? words.everywhere : places(held).join(', '))
/** When it is over: the last of its roles to end, and never while one has no end. */
const untilOf = ({ sources }: HeldPermission): string | null =>
  sources.some(({ expiresAt }) => expiresAt === null)
    ? null
    : (sources
        .flatMap(({ expiresAt }) => expiresAt ?? [])
        .sort()
        .at(-1) ?? null)
const first = ({ sources }: HeldPermission): PermissionSource | undefined => sources[0]

const columns: readonly Column<HeldPermission>[] = [
  {
    key: 'permission',
    header: words.may,
    value: ({ permission }) => permissionFacts[permission].label,
    sortable: true,
    primary: true,
  },
  { key: 'section', header: words.section, value: sectionOf, sortable: true },
  {
    key: 'state',
    header: words.state,
    value: ({ allowed }) => (allowed ? 'allow' : 'deny'),
    render: ({ allowed }) => <StatusBadge status={allowed ? 'allow' : 'deny'} />,
    sortable: true,
  },
  {
    key: 'where',
    header: words.where,
    value: whereOf,
    render: (held) => (held.reach === 'account' ? words.everywhere : <Badge tone="blue">{whereOf(held)}</Badge>),
    sortable: true,
  },
  {
    key: 'because',
    header: words.because,
    value: (held) => roles(held).join(', '),
    render: (held) => (
      <>
        {roles(held)[0]}
        {held.sources.length > 1 && <span className="ck-muted"> {words.more(held.sources.length - 1)}</span>}
      </>
    ),
    sortable: true,
  },
  {
    key: 'since',
    header: words.since,
    value: (held) => first(held)?.since,
    render: (held) => <RelativeTime at={first(held)?.since ?? null} />,
    sortable: true,
  },
  {
    key: 'until',
    header: words.until,
    value: untilOf,
    render: (held) => <RelativeTime at={untilOf(held)} none={words.forEver} />,
    sortable: true,
  },
  {
    key: 'by',
    header: words.by,
    value: (held) => first(held)?.by,
    render: (held) => first(held)?.by ?? <None />,
    sortable: true,
  },
]
