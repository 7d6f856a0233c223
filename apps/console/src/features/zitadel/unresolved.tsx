import type { UnresolvedAdmin, ZitadelUser } from '@cockpit/contract/zitadel-shapes'
import {
  Button,
  FormModal,
  Panel,
  ProblemAlert,
  Row,
  Stack,
  StatusBadge,
  Table,
  Text,
  TextField,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { t, wordOf } from './strings.ts'

export const Unresolved = ({ accountId, admins }: { accountId: string; admins: readonly UnresolvedAdmin[] }) => {
  const { search, setSearch } = useSearchState()
  const mapping = admins.find(({ email }) => email === search.map)
  return (
    <Panel title={t.unresolved} description={t.unresolvedAbout} flush>
      <Table
        label={t.unresolved}
        rows={admins}
        rowId={({ email }) => email}
        columns={[
          { key: 'email', header: t.administrator, value: ({ email }) => email, primary: true },
          {
            key: 'reason',
            header: t.reason,
            value: ({ reason }) => reason,
            render: ({ reason }) => <StatusBadge status={reason} tone="amber" label={wordOf(reason)} />,
          },
        ]}
        rowActions={({ email, reason }) =>
          reason !== 'no_role_keys' && (
            <Button kind="quiet" onClick={() => setSearch({ map: email })}>
              {t.map}
            </Button>
          )
        }
      />
      {mapping && (
        <MapModal accountId={accountId} email={mapping.email} onClose={() => setSearch({ map: undefined })} />
      )}
    </Panel>
  )
}

type Mapping = { accountId: string; email: string; onClose: () => void }

const MapModal = ({ accountId, email, onClose }: Mapping) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [found, setFound] = useState<readonly ZitadelUser[] | null>(null)
  const [text, setText] = useState(email.split('@')[0] ?? '')
  const params = { id: accountId }
  const form = useForm({
    initial: { zitadelUserId: '' },
    submit: async ({ zitadelUserId }) => {
      await api.zitadel.setLink({ params, body: { email, zitadelUserId } })
      await refresh('zitadel')
    },
  })
  const [failed, setFailed] = useState<unknown>(null)
  const look = async () => {
    try {
      setFound((await api.zitadel.users({ params, query: { q: text } })).items)
      setFailed(null)
    } catch (error) {
      setFailed(error)
    }
  }
  return (
    <FormModal
      opened
      onClose={onClose}
      form={form}
      title={t.mapTitle(email)}
      submitLabel={t.map}
      onSaved={() => toast.success(t.mapped)}
    >
      <TextField label={t.userId} help={t.mapHelp} mono autoFocus {...form.field('zitadelUserId')} />
      <Row align="end" wrap={false}>
        <TextField label={t.search} value={text} onChange={setText} />
        <Button disabled={text.trim().length < 2} onClick={() => void look()}>
          {t.look}
        </Button>
      </Row>
      <Stack gap={8}>
        <ProblemAlert error={failed} />
        {found?.length === 0 && <Text muted>{t.noUsers}</Text>}
        {found?.map((user) => (
          <Row key={user.id} justify="between" wrap={false}>
            <span>
              {user.email ?? user.loginName} <Text muted>{user.name}</Text>
            </span>
            <Button kind="quiet" onClick={() => form.set({ zitadelUserId: user.id })}>
              {t.choose}
            </Button>
          </Row>
        ))}
      </Stack>
    </FormModal>
  )
}
