import type { Team, TeamMember } from '@cockpit/contract/directory'
import {
  Badge,
  Button,
  type Column,
  EmptyState,
  IconUserPlus,
  IconUsers,
  Loaded,
  Panel,
  ProblemAlert,
  RelativeTime,
  Row,
  Stack,
  StatusBadge,
  Table,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoadPages, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { AddMembers } from './add-members.tsx'
import { sourceName } from './source.ts'
import { t } from './strings.ts'
import { RoleBadge } from './user-columns.tsx'

const words = messages('teamMembers', {
  title: 'Members',
  none: 'Nobody is in this team',
  noneText: 'Add people of this account; they get the team’s limits and may spend its budget.',
  add: 'Add members',
  out: 'Take out',
  taken: (name: string) => `${name} is no longer in the team.`,
  more: 'Load more',
  came: 'Came by',
})

const columns: readonly Column<TeamMember>[] = [
  { key: 'name', header: t.name, value: ({ name }) => name, primary: true },
  { key: 'email', header: t.email, value: ({ email }) => email },
  { key: 'role', header: t.role, value: ({ role }) => role, render: ({ role }) => <RoleBadge role={role} /> },
  {
    key: 'status',
    header: t.status,
    value: ({ status }) => status,
    render: ({ status }) => <StatusBadge status={status} />,
  },
  {
    key: 'source',
    header: words.came,
    value: ({ source }) => sourceName(source),
    render: ({ source, isPrimary }) => (
      <Row gap={4} wrap={false}>
        {sourceName(source)}
        {isPrimary && <Badge>{t.primary}</Badge>}
      </Row>
    ),
  },
  {
    key: 'joined',
    header: t.joined,
    value: ({ joinedAt }) => joinedAt,
    render: ({ joinedAt }) => <RelativeTime at={joinedAt} />,
  },
]

/** Who is in the team; people come and go here without leaving the account. */
export const TeamMembers = ({ team }: { team: Team }) => {
  const { api, canIn, href } = useScope()
  const refresh = useRefresh()
  const { search, setSearch } = useSearchState()
  const [failure, setFailure] = useState<unknown>(null)
  const writes = canIn('directory.write', team.id)
  const list = useLoadPages(['team-members', team.id], (from, after, signal) =>
    from.teamMembers.list({ params: { id: team.id }, query: { after } }, { signal }),
  )
  const takeOut = async (user: TeamMember) => {
    setFailure(null)
    try {
      await api.teamMembers.remove({ params: { id: team.id, userId: user.id } })
      toast.success(words.taken(user.name))
    } catch (error) {
      setFailure(error)
    }
    await refresh('users', 'teams', 'team-members', 'effective-allocation')
  }
  return (
    <Panel
      title={words.title}
      actions={
        writes && (
          <Button icon={<IconUserPlus size={14} />} onClick={() => setSearch({ add: '1' })}>
            {words.add}
          </Button>
        )
      }
    >
      <Stack>
        <ProblemAlert error={failure} />
        <Loaded data={list.rows} error={list.error} retry={list.retry}>
          {(rows) =>
            rows.length === 0 ? (
              <EmptyState icon={<IconUsers size={28} stroke={1.5} />} title={words.none} text={words.noneText} />
            ) : (
              <Table
                label={words.title}
                rows={rows}
                rowId={({ id }) => id}
                rowHref={({ id }) => href(`people/${id}`)}
                columns={columns}
                {...(writes && {
                  rowActions: (user: TeamMember) =>
                    user.source === 'manual' ? (
                      <Button kind="quiet" onClick={() => void takeOut(user)}>
                        {words.out}
                      </Button>
                    ) : null,
                })}
              />
            )
          }
        </Loaded>
        {list.hasNext && (
          <Row justify="end">
            <Button loading={list.loadingNext} onClick={list.onNext}>
              {words.more}
            </Button>
          </Row>
        )}
      </Stack>
      <AddMembers team={team} opened={search.add === '1'} onClose={() => setSearch({ add: undefined })} />
    </Panel>
  )
}
