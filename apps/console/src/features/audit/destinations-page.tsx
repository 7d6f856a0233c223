import type { AuditDestination } from '@cockpit/contract/audit'
import {
  Alert,
  Button,
  CodeBlock,
  type Column,
  ConfirmDialog,
  FormModal,
  formatCount,
  Heading,
  IconPlus,
  Loaded,
  Menu,
  Modal,
  Page,
  ProblemAlert,
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
import { useLoadPages, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { destinationText as d, t } from './strings.ts'
import { useAuditTabs } from './tabs.ts'

type Open =
  | { kind: 'new' }
  | { kind: 'secret'; secret: string }
  | { kind: 'remove'; destination: AuditDestination }
  | null

/** Where events go as they happen. */
export const DestinationsPage = () => {
  const tabs = useAuditTabs('destinations')
  const { api } = useScope()
  const refresh = useRefresh()
  const [open, setOpen] = useState<Open>(null)
  const [failed, setFailed] = useState<unknown>(null)
  const list = useLoadPages(
    ['audit', 'destinations'],
    (from, after, signal) => from.audit.destinations({ query: { after } }, { signal }),
    { everyMs: 10_000 },
  )
  const pause = async ({ id, status }: AuditDestination) => {
    await api.audit.updateDestination({ params: { id }, body: { status: status === 'active' ? 'paused' : 'active' } })
    await refresh('audit')
  }
  const rotate = async ({ id }: AuditDestination) => {
    const { secret } = await api.audit.rotateDestination({ params: { id } })
    setOpen({ kind: 'secret', secret })
  }
  const actsOf = (destination: AuditDestination) => (
    <Menu
      label={d.acts(destination.name)}
      items={[
        {
          label: destination.status === 'active' ? d.pause : d.resume,
          onClick: () => void pause(destination).catch(setFailed),
        },
        { label: d.rotate, onClick: () => void rotate(destination).catch(setFailed) },
        { label: d.remove, danger: true, onClick: () => setOpen({ kind: 'remove', destination }) },
      ]}
    />
  )
  const close = () => setOpen(null)
  return (
    <Page title={t.title} description={d.description} tabs={tabs}>
      <Stack gap={12}>
        <Row justify="between">
          <Heading>{d.title}</Heading>
          <Button icon={<IconPlus size={14} />} onClick={() => setOpen({ kind: 'new' })}>
            {d.add}
          </Button>
        </Row>
        <ProblemAlert error={failed} />
        <Loaded data={list.rows} error={list.error} retry={list.retry}>
          {(rows) =>
            rows.length === 0 ? (
              <Text muted>{d.none}</Text>
            ) : (
              <Table label={d.title} rows={rows} rowId={({ id }) => id} columns={columns} rowActions={actsOf} />
            )
          }
        </Loaded>
      </Stack>
      {open?.kind === 'new' && (
        <NewDestination onClose={close} onIssued={(secret) => setOpen({ kind: 'secret', secret })} />
      )}
      {open?.kind === 'secret' && <Issued secret={open.secret} onClose={close} />}
      {open?.kind === 'remove' && <Remove destination={open.destination} onClose={close} />}
    </Page>
  )
}

const NewDestination = ({ onClose, onIssued }: { onClose: () => void; onIssued: (secret: string) => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: { name: '', url: '' },
    submit: async (body) => {
      const { secret } = await api.audit.createDestination({ body })
      await refresh('audit')
      onIssued(secret)
    },
  })
  return (
    <FormModal form={form} opened onClose={onClose} title={d.add} submitLabel={d.add}>
      <TextField label={d.name} required autoFocus {...form.field('name')} />
      <TextField label={d.url} help={d.urlHelp} required {...form.field('url')} />
    </FormModal>
  )
}

const Issued = ({ secret, onClose }: { secret: string; onClose: () => void }) => (
  <Modal opened onClose={onClose} title={d.secret}>
    <Stack>
      <Alert tone="amber" title={d.once}>
        {d.signed}
      </Alert>
      <CodeBlock label={d.secret} snippets={[{ id: 'secret', label: d.secret, code: secret }]} />
      <Row justify="end">
        <Button kind="primary" onClick={onClose}>
          {d.stored}
        </Button>
      </Row>
    </Stack>
  </Modal>
)

const Remove = ({ destination, onClose }: { destination: AuditDestination; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const remove = async () => {
    await api.audit.removeDestination({ params: { id: destination.id } })
    await refresh('audit')
  }
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={d.removeTitle(destination.name)}
      confirmLabel={d.remove}
      onConfirm={remove}
    >
      {d.removeText}
    </ConfirmDialog>
  )
}

const stateOf = ({ status, failures }: AuditDestination) =>
  status === 'paused' ? d.paused : failures > 0 ? d.failing(formatCount(failures)) : d.active

const columns: Column<AuditDestination>[] = [
  { key: 'name', header: d.name, value: ({ name }) => name, primary: true },
  {
    key: 'url',
    header: d.url,
    value: ({ url }) => url,
    render: ({ url }) => (
      <Text mono truncate title={url}>
        {url}
      </Text>
    ),
  },
  {
    key: 'state',
    header: t.state,
    value: stateOf,
    render: (one) => (
      <StatusBadge
        status={one.status}
        tone={one.status === 'paused' ? 'neutral' : one.failures > 0 ? 'red' : 'green'}
        label={stateOf(one)}
      />
    ),
  },
  { key: 'error', header: d.lastError, value: ({ lastError }) => lastError },
  { key: 'cursor', header: d.cursor, value: ({ cursor }) => cursor, numeric: true },
  { key: 'behind', header: d.behind, value: ({ behind }) => behind, numeric: true },
  {
    key: 'last',
    header: d.lastDelivered,
    value: ({ lastDeliveredAt }) => lastDeliveredAt,
    render: ({ lastDeliveredAt }) => <RelativeTime at={lastDeliveredAt} />,
  },
]
