import type { Team } from '@cockpit/contract/directory'
import {
  Button,
  ConfirmDialog,
  DetailPage,
  IconPencil,
  IconTrash,
  Panel,
  type Property,
  RelativeTime,
  Stack,
  toast,
  useNavigation,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useParam, useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { EffectiveAllocationView } from './effective-allocation.tsx'
import { limitText } from './limit-fields.tsx'
import { countText, t } from './strings.ts'
import { TeamModal } from './team-form.tsx'
import { TeamMembers } from './team-members.tsx'

const words = messages('teamPage', {
  budget: 'Effective allocation',
  budgetAbout: 'Who pays for requests in the name of this team in this cycle, and what is left.',
  removeTitle: (name: string) => `Delete team ${name}?`,
  removeSubmit: 'Delete team',
  members: (count: number) => `${countText(count, 'member', 'members')} stay in the account, without this team.`,
  keys: 'Keys that name it fall back to their owner’s primary team.',
  limits: 'Its limits no longer apply to anyone.',
  removed: (name: string) => `Team ${name} deleted.`,
})

export const TeamPage = () => {
  const { can, canIn, href } = useScope()
  const teamId = useParam('teamId')
  const { search, setSearch } = useSearchState()
  const { data, error, retry } = useLoad(['teams', 'one', teamId], (api, signal) =>
    api.teams.get({ params: { id: teamId } }, { signal }),
  )
  return (
    <DetailPage
      title={data?.name ?? ' '}
      id={teamId}
      {...(data?.description ? { description: data.description } : {})}
      back={{ href: href('people/teams'), label: t.teams }}
      actions={data && canIn('directory.write', teamId) && <Acts team={data} onEdit={() => setSearch({ edit: '1' })} />}
      loading={!data}
      error={data ? undefined : error}
      retry={retry}
      {...(data ? { properties: propertiesOf(data) } : {})}
    >
      {data && (
        <Stack gap={24}>
          {can('budget.read') && (
            <Panel title={words.budget} description={words.budgetAbout}>
              <EffectiveAllocationView of={{ teamId }} />
            </Panel>
          )}
          <TeamMembers team={data} />
          {search.edit === '1' && (
            <TeamModal key={data.id} opened onClose={() => setSearch({ edit: undefined })} team={data} />
          )}
        </Stack>
      )}
    </DetailPage>
  )
}

const propertiesOf = (team: Team): Property[] => [
  { label: t.org, value: team.orgName },
  { label: t.members, value: team.members },
  { label: t.rpm, value: limitText(team.limits.rpm) },
  { label: t.tpm, value: limitText(team.limits.tpm) },
  { label: t.created, value: <RelativeTime at={team.createdAt} /> },
]

const Acts = ({ team, onEdit }: { team: Team; onEdit: () => void }) => {
  const { api, can, href } = useScope()
  const refresh = useRefresh()
  const { navigate } = useNavigation()
  const [asking, setAsking] = useState(false)
  const remove = async () => {
    await api.teams.remove({ params: { id: team.id } })
    toast.success(words.removed(team.name))
    navigate(href('people/teams'))
    await refresh('teams', 'users', 'orgs', 'keys')
  }
  return (
    <>
      <Button icon={<IconPencil size={14} />} onClick={onEdit}>
        {t.edit}
      </Button>
      {can('directory.write') && (
        <Button icon={<IconTrash size={14} />} onClick={() => setAsking(true)}>
          {t.del}
        </Button>
      )}
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.removeTitle(team.name)}
        effects={[words.members(team.members), words.keys, words.limits]}
        typeName={team.name}
        confirmLabel={words.removeSubmit}
        onConfirm={remove}
      />
    </>
  )
}
