import type { Exporter } from '@cockpit/contract/exporters'
import {
  Button,
  type Column,
  ConfirmDialog,
  EmptyState,
  formatCount,
  IconPlus,
  IconSend,
  Loaded,
  Menu,
  Page,
  ProblemAlert,
  RelativeTime,
  Stack,
  StatusBadge,
  Table,
  Text,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoadPages, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { EditExporter, NewExporter } from './exporter-form.tsx'
import { contentText, kindText, t } from './strings.ts'

type Open = { kind: 'new' } | { kind: 'edit' | 'remove'; exporter: Exporter } | null

/** Where requests go as they are booked. */
export const ExportersPage = () => {
  const { api, accountId } = useScope()
  const refresh = useRefresh()
  const [open, setOpen] = useState<Open>(null)
  const [failed, setFailed] = useState<unknown>(null)
  const list = useLoadPages(
    ['exporters'],
    (from, after, signal) => from.exporters.list({ query: { after } }, { signal }),
    { everyMs: 10_000 },
  )
  const pause = async ({ id, status }: Exporter) => {
    await api.exporters.update({ params: { id }, body: { status: status === 'active' ? 'paused' : 'active' } })
    await refresh('exporters')
  }
  const test = async ({ id }: Exporter) => {
    const { ok, reason } = await api.exporters.test({ params: { id } })
    if (ok) toast.success(t.tested)
    else toast.error(reason ?? '')
  }
  const changesOf = (exporter: Exporter) => [
    { label: t.edit, onClick: () => setOpen({ kind: 'edit', exporter }) },
    {
      label: exporter.status === 'active' ? t.pause : t.resume,
      onClick: () => void pause(exporter).catch(setFailed),
    },
    { label: t.remove, danger: true, onClick: () => setOpen({ kind: 'remove', exporter }) },
  ]
  const actsOf = (exporter: Exporter) => (
    <Menu
      label={t.acts(exporter.name)}
      items={[
        { label: t.test, onClick: () => void test(exporter).catch(setFailed) },
        ...(exporter.ofEnvironment ? [] : changesOf(exporter)),
      ]}
    />
  )
  const close = () => setOpen(null)
  const add = (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setOpen({ kind: 'new' })}>
      {t.add}
    </Button>
  )
  return (
    <Page title={t.title} description={accountId ? t.about : t.aboutPlatform} actions={add}>
      <Stack gap={12}>
        <ProblemAlert error={failed} />
        <Loaded data={list.rows} error={list.error} retry={list.retry}>
          {(rows) =>
            rows.length === 0 ? (
              <EmptyState icon={<IconSend size={28} stroke={1.5} />} title={t.none} text={t.noneText} action={add} />
            ) : (
              <Table label={t.title} rows={rows} rowId={({ id }) => id} columns={columns} rowActions={actsOf} />
            )
          }
        </Loaded>
      </Stack>
      {open?.kind === 'new' && <NewExporter onClose={close} />}
      {open?.kind === 'edit' && <EditExporter exporter={open.exporter} onClose={close} />}
      {open?.kind === 'remove' && <Remove exporter={open.exporter} onClose={close} />}
    </Page>
  )
}

const Remove = ({ exporter, onClose }: { exporter: Exporter; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const remove = async () => {
    await api.exporters.remove({ params: { id: exporter.id } })
    await refresh('exporters')
  }
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={t.removeTitle(exporter.name)}
      confirmLabel={t.remove}
      onConfirm={remove}
    >
      {t.removeText}
    </ConfirmDialog>
  )
}

const stateOf = ({ status, failures }: Exporter) =>
  status === 'paused' ? t.paused : failures > 0 ? t.failing(formatCount(failures)) : t.active

const columns: Column<Exporter>[] = [
  { key: 'name', header: t.name, value: ({ name }) => name, primary: true },
  { key: 'kind', header: t.kind, value: ({ kind }) => kindText[kind].label },
  {
    key: 'url',
    header: t.url,
    value: ({ url }) => url,
    render: ({ url }) => (
      <Text mono truncate title={url}>
        {url}
      </Text>
    ),
  },
  {
    key: 'origin',
    header: t.origin,
    value: ({ ofEnvironment }) => (ofEnvironment ? t.environment : t.here),
  },
  { key: 'content', header: t.contentShort, value: ({ content }) => contentText[content] },
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
  { key: 'error', header: t.lastError, value: ({ lastError }) => lastError },
  { key: 'sent', header: t.sent, value: ({ sent }) => sent, numeric: true },
  {
    key: 'last',
    header: t.lastDelivered,
    value: ({ lastDeliveredAt }) => lastDeliveredAt,
    render: ({ lastDeliveredAt }) => <RelativeTime at={lastDeliveredAt} />,
  },
]
