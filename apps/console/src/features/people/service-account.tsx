import type { ServiceAccount } from '@cockpit/contract/directory'
import {
  Button,
  ConfirmDialog,
  FormModal,
  Heading,
  IconTrash,
  IdText,
  None,
  Properties,
  RelativeTime,
  Row,
  Select,
  Stack,
  TextField,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { useTeamOptions } from '../keys/owners.ts'
import { OwnedKeys } from './owned-keys.tsx'
import { keysText, t } from './strings.ts'

const words = messages('serviceAccount', {
  create: 'New service account',
  submit: 'Create service account',
  nameHelp: 'The program, such as “Support bot”.',
  teamHelp: 'Whose budget and limits its keys use. Empty: the pool of the account.',
  noTeam: 'No team',
  created: 'Service account created; now issue a key for it.',
  keys: 'Keys',
  removeTitle: (name: string) => `Delete ${name}?`,
  removeSubmit: 'Delete service account',
  revoked: (keys: string) => `${keys} are revoked for good, within a second.`,
  history: 'Its requests and events stay in the log.',
  removed: (name: string) => `${name} deleted.`,
})

export const ServiceAccountSummary = ({
  serviceAccount,
  team,
}: {
  serviceAccount: ServiceAccount
  team: string | null
}) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const { setSearch } = useSearchState()
  const [asking, setAsking] = useState(false)
  const { id, name, description, keys, createdAt } = serviceAccount
  const remove = async () => {
    await api.serviceAccounts.remove({ params: { id } })
    toast.success(words.removed(name))
    setSearch({ open: undefined })
    await refresh('service-accounts', 'keys', 'owners')
  }
  return (
    <Stack>
      {can('directory.write') && (
        <Row>
          <Button icon={<IconTrash size={14} />} onClick={() => setAsking(true)}>
            {t.del}
          </Button>
        </Row>
      )}
      <Properties
        beside
        items={[
          { label: t.id, value: <IdText id={id} /> },
          { label: t.description, value: description ?? <None /> },
          { label: t.team, value: team ?? words.noTeam },
          { label: t.created, value: <RelativeTime at={createdAt} /> },
        ]}
      />
      <Heading level={3}>{words.keys}</Heading>
      <OwnedKeys owner={{ kind: 'service_account', id, name, teams: null }} />
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.removeTitle(name)}
        effects={[words.revoked(keysText(keys)), words.history]}
        typeName={name}
        confirmLabel={words.removeSubmit}
        onConfirm={remove}
      />
    </Stack>
  )
}

export const NewServiceAccountModal = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const teams = useTeamOptions() ?? []
  const form = useForm({
    initial: { name: '', description: '', teamId: '' },
    check: ({ name }) => (name.trim() ? {} : { name: t.required }),
    submit: async ({ name, description, teamId }) => {
      await api.serviceAccounts.create({
        body: { name: name.trim(), description: description.trim() || null, teamId: teamId || null },
      })
      await refresh('service-accounts', 'owners')
    },
  })
  const team = form.field('teamId')
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={words.create}
      submitLabel={words.submit}
      onSaved={() => toast.success(words.created)}
    >
      <TextField label={t.name} help={words.nameHelp} required autoFocus {...form.field('name')} />
      <TextField label={t.description} {...form.field('description')} />
      <Select
        label={t.team}
        help={words.teamHelp}
        placeholder={words.noTeam}
        clearable
        options={teams}
        {...team}
        value={team.value || null}
        onChange={(next) => team.onChange(next ?? '')}
      />
    </FormModal>
  )
}
