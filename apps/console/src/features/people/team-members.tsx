import type { Team, User } from '@cockpit/contract/directory'
import {
  Button,
  EmptyState,
  IconUserPlus,
  IconUsers,
  Loaded,
  MultiSelect,
  Panel,
  ProblemAlert,
  Row,
  Stack,
  Table,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useLoadPages, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { userColumns } from './user-columns.tsx'

const words = messages('teamMembers', {
  title: 'Members',
  none: 'Nobody is in this team',
  noneText: 'Add people of this account; they get the team’s limits and may spend its budget.',
  add: 'Add to team',
  choose: 'People to add',
  placeholder: 'Search by name or e-mail',
  out: 'Take out',
  taken: (name: string) => `${name} is no longer in the team.`,
  added: 'Members added.',
  more: 'Load more',
})

const shownColumns = ['name', 'email', 'role', 'status', 'keys']

/** Who is in the team; people come and go here without leaving the account. */
export const TeamMembers = ({ team }: { team: Team }) => {
  const { api, can, href } = useScope()
  const refresh = useRefresh()
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
    <Panel title={words.title}>
      <Stack>
        {writes && <AddMembers team={team} />}
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
    </Panel>
  )
}

const AddMembers = ({ team }: { team: Team }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [q, setQuery] = useState('')
  const [chosen, setChosen] = useState<readonly User[]>([])
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null })
  const { data } = useLoad(['users', 'to-add', q], (from, signal) =>
    from.users.list({ query: { q: q || undefined, limit: 50 } }, { signal }),
  )
  const outside = (data?.items ?? []).filter((user) => !user.teams.some(({ id }) => id === team.id))
  const known = [...chosen, ...outside.filter(({ id }) => !chosen.some((user) => user.id === id))]
  const add = async () => {
    setState({ busy: true, error: null })
    let error: unknown = null
    for (const user of chosen)
      await api.users
        .update({ params: { id: user.id }, body: { teamIds: [...user.teams.map(({ id }) => id), team.id] } })
        .catch((cause: unknown) => {
          error = cause
        })
    await refresh('users', 'teams', 'effective-allocation')
    setState({ busy: false, error })
    if (error) return
    setChosen([])
    toast.success(words.added)
  }
  return (
    <Stack gap={8}>
      <Row align="end">
        <div className="ck-grow">
          <MultiSelect
            label={words.choose}
            placeholder={words.placeholder}
            value={chosen.map(({ id }) => id)}
            onChange={(ids) => setChosen(known.filter(({ id }) => ids.includes(id)))}
            onSearch={setQuery}
            options={known.map(({ id, name, email }) => ({ value: id, label: `${name} · ${email}` }))}
          />
        </div>
        <Button
          icon={<IconUserPlus size={14} />}
          size="md"
          loading={state.busy}
          disabled={chosen.length === 0}
          onClick={() => void add()}
        >
          {words.add}
        </Button>
      </Row>
      <ProblemAlert error={state.error} />
    </Stack>
  )
}
