import type { ClientCredential, IssuedClientCredential } from '@cockpit/contract/client-credentials'
import type { ServiceAccount } from '@cockpit/contract/directory'
import {
  Button,
  type Column,
  ConfirmDialog,
  EmptyState,
  FormModal,
  IconKey,
  IconPlus,
  Loaded,
  Menu,
  Panel,
  RelativeTime,
  StatusBadge,
  Table,
  Text,
  TextField,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { checkExpiry, type Expiry, ExpiryFields, expiryOf } from '../keys/expiry.tsx'
import { IssuedCredential } from './issued-credential.tsx'
import { t } from './strings.ts'

const words = messages('clientCredentials', {
  title: 'Client credentials',
  about: 'With one of these a program fetches access tokens, to act on the API with the roles below.',
  create: 'New credential',
  submit: 'Create credential',
  nameHelp: 'Where it is used, such as “Deployment”.',
  none: 'No client credentials yet',
  noneText: 'Make one for each place the program runs in, so that one can be revoked without the others.',
  secret: 'Secret',
  used: 'Last token',
  expires: 'Expires',
  acts: (name: string) => `Actions for ${name}`,
  revoke: 'Revoke',
  revokeTitle: (name: string) => `Revoke ${name}?`,
  revokeEffect: 'Its access tokens end at once, and it gets no new ones.',
  revoked: 'Client credential revoked.',
})

/** What one service account proves itself with: made, shown once, revoked. */
export const ClientCredentials = ({ of: { id } }: { of: ServiceAccount }) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const { search, setSearch } = useSearchState()
  const credentials = useLoad(['client-credentials', id], (from, signal) =>
    from.clientCredentials.list({ params: { id } }, { signal }),
  )
  const [issued, setIssued] = useState<IssuedClientCredential | null>(null)
  const [asked, setAsked] = useState<ClientCredential | null>(null)
  const create = can('directory.write') && (
    <Button icon={<IconPlus size={14} />} onClick={() => setSearch({ newCredential: '1' })}>
      {words.create}
    </Button>
  )
  const acts = (row: ClientCredential) =>
    can('directory.write') &&
    row.status !== 'revoked' && (
      <Menu
        label={words.acts(row.name)}
        items={[{ label: words.revoke, danger: true, onClick: () => setAsked(row) }]}
      />
    )
  const revoke = async () => {
    if (!asked) return
    await api.clientCredentials.revoke({ params: { id, credentialId: asked.id } })
    toast.success(words.revoked)
    await refresh('client-credentials')
  }
  return (
    <Panel title={words.title} description={words.about} actions={create} flush>
      <Loaded {...credentials}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={<IconKey size={28} stroke={1.5} />} title={words.none} text={words.noneText} />
          ) : (
            <Table label={words.title} columns={columns} rows={items} rowId={(row) => row.id} rowActions={acts} />
          )
        }
      </Loaded>
      {search.newCredential === '1' && (
        <NewCredential id={id} onClose={() => setSearch({ newCredential: undefined })} onIssued={setIssued} />
      )}
      <IssuedCredential issued={issued} onClose={() => setIssued(null)} />
      <ConfirmDialog
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={words.revokeTitle(asked?.name ?? '')}
        effects={[words.revokeEffect]}
        confirmLabel={words.revoke}
        danger
        onConfirm={revoke}
      />
    </Panel>
  )
}

const columns: readonly Column<ClientCredential>[] = [
  { key: 'name', header: t.name, value: ({ name }) => name, primary: true },
  {
    key: 'secret',
    header: words.secret,
    value: ({ preview }) => preview,
    render: ({ preview }) => <Text mono>{preview}</Text>,
  },
  {
    key: 'status',
    header: t.status,
    value: ({ status }) => status,
    render: ({ status }) => <StatusBadge status={status} />,
  },
  {
    key: 'expires',
    header: words.expires,
    value: ({ expiresAt }) => expiresAt,
    render: ({ expiresAt }) => <RelativeTime at={expiresAt} none={t.never} />,
  },
  {
    key: 'used',
    header: words.used,
    value: ({ lastUsedAt }) => lastUsedAt,
    render: ({ lastUsedAt }) => <RelativeTime at={lastUsedAt} none={t.never} />,
  },
  {
    key: 'created',
    header: t.created,
    value: ({ createdAt }) => createdAt,
    render: ({ createdAt }) => <RelativeTime at={createdAt} />,
  },
]

const NewCredential = ({
  id,
  onClose,
  onIssued,
}: {
  id: string
  onClose: () => void
  onIssued: (issued: IssuedClientCredential) => void
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm<{ name: string; expiry: Expiry; expiresAt: string }>({
    initial: { name: '', expiry: '365', expiresAt: '' },
    check: ({ name, ...expiry }) => ({ ...(name.trim() ? {} : { name: t.required }), ...checkExpiry(expiry) }),
    submit: async ({ name, ...expiry }) => {
      const body = { name: name.trim(), expiresAt: expiryOf(expiry, new Date()) }
      onIssued(await api.clientCredentials.create({ params: { id }, body }))
      await refresh('client-credentials')
    },
  })
  return (
    <FormModal form={form} opened onClose={onClose} title={words.create} submitLabel={words.submit}>
      <TextField label={t.name} help={words.nameHelp} required autoFocus {...form.field('name')} />
      <ExpiryFields expiry={form.field('expiry')} expiresAt={form.field('expiresAt')} />
    </FormModal>
  )
}
