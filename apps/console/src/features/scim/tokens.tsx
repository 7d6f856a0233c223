import type { ScimToken, ScimVouching } from '@cockpit/contract/scim'
import {
  Alert,
  Button,
  CodeBlock,
  type Column,
  ConfirmDialog,
  EmptyState,
  FormModal,
  IconKey,
  IconPlus,
  Loaded,
  Menu,
  Modal,
  None,
  Panel,
  RelativeTime,
  Row,
  Stack,
  StatusBadge,
  Table,
  Text,
  TextField,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { roleName } from '../access/roles.ts'
import { t } from './strings.ts'

type Issued = ScimToken & { secret: string }
type Asked = { act: 'rotate' | 'revoke'; token: ScimToken }

/** Credentials of identity sources: made, rotated and revoked. */
export const Tokens = () => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const tokens = useLoad(['scim', 'tokens'], (from, signal) =>
    from.scim.tokens({ query: { limit: '100' } }, { signal }),
  )
  const [creating, setCreating] = useState(false)
  const [issued, setIssued] = useState<Issued | null>(null)
  const [asked, setAsked] = useState<Asked | null>(null)
  const run = async ({ act, token: { id } }: Asked) => {
    if (act === 'rotate') setIssued(await api.scim.rotateToken({ params: { id }, body: { graceSeconds: 86_400 } }))
    else await api.scim.revokeToken({ params: { id } })
    await refresh('scim')
  }
  const create = can('identity.write') && (
    <Button icon={<IconPlus size={14} />} onClick={() => setCreating(true)}>
      {t.newToken}
    </Button>
  )
  const acts = (token: ScimToken) =>
    can('identity.write') &&
    token.status !== 'revoked' && (
      <Menu
        label={t.acts(token.name)}
        items={[
          { label: t.rotate, onClick: () => setAsked({ act: 'rotate', token }) },
          { label: t.revoke, danger: true, onClick: () => setAsked({ act: 'revoke', token }) },
        ]}
      />
    )
  return (
    <Panel title={t.tokens} actions={create} flush>
      <Loaded {...tokens}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={<IconKey size={28} stroke={1.5} />} title={t.noTokens} text={t.noTokensText} />
          ) : (
            <>
              {items.map((token) => (
                <Shrunk key={token.id} {...token} />
              ))}
              <Table label={t.tokens} columns={columns} rows={items} rowId={({ id }) => id} rowActions={acts} />
            </>
          )
        }
      </Loaded>
      <NewToken opened={creating} onClose={() => setCreating(false)} onIssued={setIssued} />
      <IssuedToken issued={issued} onClose={() => setIssued(null)} />
      <ConfirmDialog
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={asked ? (asked.act === 'rotate' ? t.rotateTitle : t.revokeTitle)(asked.token.name) : ''}
        confirmLabel={asked?.act === 'rotate' ? t.rotate : t.revoke}
        danger={asked?.act === 'revoke'}
        onConfirm={async () => {
          if (asked) await run(asked)
        }}
      >
        {asked?.act === 'rotate' ? t.rotateText : t.revokeText}
      </ConfirmDialog>
    </Panel>
  )
}

/** The mightiest role says it all. */
const upTo = ({ roles: [mightiest = 'end_user'] }: ScimVouching) => t.upTo(roleName(mightiest))

const whyShrunk = ({ by, standing }: ScimVouching) =>
  by === null ? t.whyUnknown : standing === 'gone' ? t.whyGone(by.name) : t.whyLess(by.name)

/** A token that reaches less far than meant says why, and what to do about it. */
const Shrunk = ({ name, status, vouching }: ScimToken) =>
  status !== 'active' || vouching.standing === 'full' ? null : (
    <Alert tone="amber" title={t.shrunk(name, upTo(vouching))}>
      {whyShrunk(vouching)} {t.remedy}
    </Alert>
  )

const columns: readonly Column<ScimToken>[] = [
  { key: 'name', header: t.name, value: ({ name }) => name, primary: true },
  {
    key: 'secret',
    header: t.secret,
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
    key: 'word',
    header: t.word,
    value: ({ vouching: { by } }) => by?.name ?? t.nobodyKnown,
    render: ({ vouching: { by } }) => by?.name ?? <None label={t.nobodyKnown} />,
  },
  {
    key: 'since',
    header: t.since,
    value: ({ vouching: { since } }) => since,
    render: ({ vouching: { since } }) => (since ? <RelativeTime at={since} /> : <None label={t.nobodyKnown} />),
  },
  {
    key: 'reach',
    header: t.mayGive,
    value: ({ vouching }) => upTo(vouching),
    render: ({ vouching }) =>
      vouching.standing === 'full' ? upTo(vouching) : <StatusBadge status="less" tone="amber" label={upTo(vouching)} />,
  },
  {
    key: 'used',
    header: t.lastUsed,
    value: ({ lastUsedAt }) => lastUsedAt,
    render: ({ lastUsedAt }) => (lastUsedAt ? <RelativeTime at={lastUsedAt} /> : <None label={t.never} />),
  },
]

const NewToken = ({
  opened,
  onClose,
  onIssued,
}: {
  opened: boolean
  onClose: () => void
  onIssued: (token: Issued) => void
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: { name: '' },
    submit: async ({ name }) => {
      onIssued(await api.scim.createToken({ body: { name: name.trim() } }))
      await refresh('scim')
    },
  })
  return (
    <FormModal form={form} opened={opened} onClose={onClose} title={t.newToken} submitLabel={t.create}>
      <TextField label={t.name} help={t.nameHelp} {...form.field('name')} />
    </FormModal>
  )
}

const IssuedToken = ({ issued, onClose }: { issued: Issued | null; onClose: () => void }) => (
  <Modal opened={issued !== null} onClose={onClose} title={issued ? t.issued(issued.name) : ''} size="lg">
    {issued && (
      <Stack>
        <Alert tone="amber" title={t.once} />
        <CodeBlock label={t.secret} snippets={[{ id: 'secret', label: t.secret, code: issued.secret }]} />
        <Row justify="end">
          <Button kind="primary" onClick={onClose}>
            {t.done}
          </Button>
        </Row>
      </Stack>
    )}
  </Modal>
)
