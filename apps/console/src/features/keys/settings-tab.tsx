import type { Key } from '@cockpit/contract/keys'
import { Alert, FormBody, LeaveGuard, Loaded, type Option, toast, useForm } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { asRead } from '../../app/versions.ts'
import { checkKey, KeyFields, KeyName, keyBody, keyValues } from './key-form.tsx'
import { useTeamOptions } from './owners.ts'
import { t } from './strings.ts'

const words = messages('keySettings', { ended: 'This key has ended; nothing about it can be changed.' })

export const KeySettings = ({ apiKey }: { apiKey: Key }) => {
  const { can } = useScope()
  const allTeams = useTeamOptions()
  const ofPerson = apiKey.owner.kind === 'user' && can('directory.read')
  // a person's key may use a team the person is in, a service account's any
  const owner = useLoad(
    ['users', 'one', apiKey.owner.id],
    (api, signal) => api.users.get({ params: { id: apiKey.owner.id } }, { signal }),
    { enabled: ofPerson },
  )
  if (apiKey.status !== 'active') return <Alert>{words.ended}</Alert>
  if (!ofPerson) return <Edit apiKey={apiKey} teams={allTeams} />
  return (
    <Loaded {...owner}>
      {({ teams }) => <Edit apiKey={apiKey} teams={teams.map(({ id, name }) => ({ value: id, label: name }))} />}
    </Loaded>
  )
}

const Edit = ({ apiKey, teams }: { apiKey: Key; teams: readonly Option[] | null }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: keyValues(apiKey),
    from: apiKey,
    reload: () => refresh('keys'),
    check: checkKey,
    submit: async (values, seen) => {
      const saved = await api.keys.update({ params: { id: apiKey.id }, body: keyBody(values) }, asRead(seen))
      await refresh('keys')
      return saved
    },
  })
  return (
    <>
      <LeaveGuard form={form} />
      <FormBody form={form} submitLabel={t.save} onSaved={() => toast.success(t.saved)}>
        <KeyName form={form} />
        <KeyFields form={form} teams={teams} />
      </FormBody>
    </>
  )
}
