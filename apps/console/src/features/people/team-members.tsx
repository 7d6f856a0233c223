import type { Team, User } from '@cockpit/contract/directory'
import {
  Button,
  EmptyState,
  IconUserPlus,
  IconUsers,
  Loaded,
  Panel,
  ProblemAlert,
  Row,
  Stack,
  Table,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoadPages, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { AddMembers } from './add-members.tsx'
import { userColumns } from './user-columns.tsx'

const words = messages('teamMembers', {
  title: 'Members',
  none: 'Nobody is in this team',
  noneText: 'Add people of this account; they get the team’s limits and may spend its budget.',
  add: 'Add members',
  out: 'Take out',
  taken: (name: string) => `${name} is no longer in the team.`,
  more: 'Load more',
})

const shownColumns = ['name', 'email', 'role', 'status', 'keys']

/** Who is in the team; people come and go here without leaving the account. */
export const TeamMembers = ({ team }: { team: Team }) => {
  const { api, can, href } = useScope()
  const refresh = useRefresh()
  const { search, setSearch } = useSearchState()
  const [failure, setFailure] = useState<unknown>(null)
  const writes = can('directory.write')
  const list = useLoadPages(['users', 'team', team.id], (from, after, signal) =>
    from.users.list({ query: { teamId: team.id, after } }, { signal }),
  )
  const takeOut = async (user: User) => {
    setFailure(null)
    try {
      const teamIds = user.teams.map(({ id }) => id).filter((id) => id !== team.id)
      await api.users.update({ params: { id: user.id }, body: { teamIds } })
      toast.success(words.taken(user.name))
    } catch (error) {
      setFailure(error)
    }
    await refresh('users', 'teams', 'effective-allocation')
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
                columns={userColumns.filter(({ key }) => shownColumns.includes(key))}
                {...(writes && {
                  rowActions: (user: User) => (
                    <Button kind="quiet" onClick={() => void takeOut(user)}>
                      {words.out}
                    </Button>
                  ),
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
