import type { ServiceAccount } from '@cockpit/contract/directory'
import {
  Button,
  ConfirmDialog,
  DetailPage,
  IconPencil,
  IconTrash,
  Panel,
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
import { useTeamOptions } from '../keys/owners.ts'
import { ClientCredentials } from './client-credentials.tsx'
import { OwnedKeys } from './owned-keys.tsx'
import { ServiceAccountModal } from './service-account-form.tsx'
import { ServiceAccountRoles } from './service-account-roles.tsx'
import { keysText, t } from './strings.ts'

const words = messages('serviceAccountPage', {
  keys: 'Keys of the gateway',
  noTeam: 'No team',
  removeTitle: (name: string) => `Delete ${name}?`,
  removeSubmit: 'Delete service account',
  revoked: (keys: string) => `${keys} are revoked for good, within a second.`,
  tokens: 'Its client credentials and access tokens end at once.',
  history: 'Its requests and events stay in the log.',
  removed: (name: string) => `${name} deleted.`,
})

export const ServiceAccountPage = () => {
  const { can, href } = useScope()
  const id = useParam('serviceAccountId')
  const { search, setSearch } = useSearchState()
  const teams = useTeamOptions() ?? []
  const { data, error, retry } = useLoad(['service-accounts', 'one', id], (api, signal) =>
    api.serviceAccounts.get({ params: { id } }, { signal }),
  )
  const team = teams.find(({ value }) => value === data?.teamId)?.label ?? words.noTeam
  return (
    <DetailPage
      title={data?.name ?? ' '}
      id={id}
      {...(data?.description ? { description: data.description } : {})}
      back={{ href: href('people/service-accounts'), label: t.serviceAccounts }}
      actions={data && can('directory.write') && <Acts of={data} onEdit={() => setSearch({ edit: '1' })} />}
      loading={!data}
      error={data ? undefined : error}
      retry={retry}
      {...(data
        ? {
            properties: [
              { label: t.team, value: team },
              { label: t.keys, value: data.keys },
              { label: t.created, value: <RelativeTime at={data.createdAt} /> },
            ],
          }
        : {})}
    >
      {data && (
        <Stack gap={24}>
          <ClientCredentials of={data} />
          {can('access.read') && <ServiceAccountRoles id={data.id} />}
          <Panel title={words.keys}>
            <OwnedKeys owner={{ kind: 'service_account', id: data.id, name: data.name, teams: null }} />
          </Panel>
          {search.edit === '1' && (
            <ServiceAccountModal key={data.id} opened onClose={() => setSearch({ edit: undefined })} of={data} />
          )}
        </Stack>
      )}
    </DetailPage>
  )
}

const Acts = ({ of: { id, name, keys }, onEdit }: { of: ServiceAccount; onEdit: () => void }) => {
  const { api, href } = useScope()
  const refresh = useRefresh()
  const { navigate } = useNavigation()
  const [asking, setAsking] = useState(false)
  const remove = async () => {
    await api.serviceAccounts.remove({ params: { id } })
    toast.success(words.removed(name))
    navigate(href('people/service-accounts'))
    await refresh('service-accounts', 'keys', 'owners')
  }
  return (
    <>
      <Button icon={<IconPencil size={14} />} onClick={onEdit}>
        {t.edit}
      </Button>
      <Button icon={<IconTrash size={14} />} onClick={() => setAsking(true)}>
        {t.del}
      </Button>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.removeTitle(name)}
        effects={[words.revoked(keysText(keys)), words.tokens, words.history]}
        typeName={name}
        confirmLabel={words.removeSubmit}
        onConfirm={remove}
      />
    </>
  )
}
