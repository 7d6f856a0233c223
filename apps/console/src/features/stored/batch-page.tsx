import type { BatchErrors, StoredBatch } from '@cockpit/contract/stored'
import {
  Alert,
  Button,
  type Column,
  ConfirmDialog,
  DetailPage,
  formatCount,
  IconDownload,
  IdText,
  None,
  Panel,
  type Property,
  RelativeTime,
  Stack,
  Stat,
  StatRow,
  Table,
  Text,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useDownload } from '../../app/download.ts'
import { usePageHref } from '../../app/links.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { BatchProgress, BatchState, doneOf } from './status.tsx'
import { t } from './strings.ts'

const everyMs = 2_000

/** One batch: how far it is, what became of its calls, and what is wrong with its file. */
export const BatchPage = () => {
  const id = useParam('batchId')
  const { can, href } = useScope()
  const [cancelling, setCancelling] = useState(false)
  const [ended, setEnded] = useState(false)
  const { data, error, retry } = useLoad(
    ['batches', 'one', id],
    async (api, signal) => {
      const batch = await api.stored.batch({ params: { id } }, { signal })
      setEnded(batch.endedAt !== null)
      return batch
    },
    ended ? {} : { everyMs },
  )
  const properties = useProperties(data)
  return (
    <DetailPage
      title={data ? `${t.batch} · ${data.endpoint}` : t.batch}
      id={id}
      status={data && <BatchState status={data.status} />}
      back={{ href: href('batches'), label: t.title }}
      actions={
        data && (
          <>
            {data.endedAt !== null && data.status !== 'failed' && can('content.read') && <Results id={id} />}
            {data.endedAt === null && data.status !== 'cancelling' && can('key.write') && (
              <Button onClick={() => setCancelling(true)}>{t.cancel}</Button>
            )}
          </>
        )
      }
      loading={!data}
      error={data ? undefined : error}
      retry={retry}
      {...(data ? { properties } : {})}
    >
      {data && (
        <Stack>
          {data.errors.length > 0 ? <Wrong errors={data.errors} /> : <Calls batch={data} />}
          {cancelling && <Cancel id={id} onClose={() => setCancelling(false)} />}
        </Stack>
      )}
    </DetailPage>
  )
}

const Results = ({ id }: { id: string }) => {
  const download = useDownload()
  return (
    <Button
      icon={<IconDownload size={14} />}
      title={t.readIsTold}
      onClick={() => download(`/v1/stored/batches/${id}/results.jsonl`)}
    >
      {t.download}
    </Button>
  )
}

const Cancel = ({ id, onClose }: { id: string; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const cancel = async () => {
    await api.stored.cancelBatch({ params: { id } })
    await refresh('batches')
    toast.success(t.cancelled)
  }
  return (
    <ConfirmDialog opened onClose={onClose} title={t.cancelTitle} confirmLabel={t.cancel} onConfirm={cancel}>
      {t.cancelText}
    </ConfirmDialog>
  )
}

const Calls = ({ batch }: { batch: StoredBatch }) => {
  const { counts } = batch
  return (
    <Panel title={t.calls}>
      <Stack>
        <BatchProgress batch={batch} />
        <StatRow>
          <Stat label={t.succeeded} value={formatCount(counts.succeeded)} />
          <Stat label={t.errored} value={formatCount(counts.errored)} />
          <Stat label={t.left} value={formatCount(counts.total - doneOf(batch))} />
          {counts.canceled > 0 && <Stat label={t.canceled} value={formatCount(counts.canceled)} />}
          {counts.expired > 0 && <Stat label={t.expired} value={formatCount(counts.expired)} />}
        </StatRow>
      </Stack>
    </Panel>
  )
}

const Wrong = ({ errors }: { errors: BatchErrors }) => (
  <>
    <Alert tone="red" title={t.wrongTitle}>
      {t.wrongText}
    </Alert>
    <Panel title={t.wrong} flush>
      <Table
        label={t.wrong}
        columns={columns}
        rows={errors.map((error, place) => ({ ...error, place }))}
        rowId={({ place }) => String(place)}
      />
    </Panel>
  </>
)

const columns: Column<BatchErrors[number] & { place: number }>[] = [
  { key: 'line', header: t.line, value: ({ line }) => (line === null ? t.whole : formatCount(line)) },
  { key: 'message', header: t.problem, value: ({ message }) => message, primary: true },
  {
    key: 'param',
    header: t.field,
    value: ({ param }) => param,
    render: ({ param }) => (param ? <Text mono>{param}</Text> : <None />),
  },
]

const useProperties = (batch: StoredBatch | undefined): Property[] => {
  const pageHref = usePageHref()
  if (!batch) return []
  const { createdBy, createdAt, startedAt, endedAt, expiresAt } = batch
  const keyHref = createdBy.kind === 'key' ? pageHref('keys/$keyId', { keyId: createdBy.id }) : undefined
  const userHref = createdBy.kind === 'user' ? pageHref('people/$userId', { userId: createdBy.id }) : undefined
  const href = keyHref ?? userHref
  return [
    { label: t.by, value: createdBy.name, ...(href && { href }) },
    { label: t.dialect, value: t[batch.dialect] },
    { label: t.created, value: <RelativeTime at={createdAt} /> },
    ...(startedAt === null ? [] : [{ label: t.started, value: <RelativeTime at={startedAt} /> }]),
    endedAt === null
      ? { label: t.expires, value: <RelativeTime at={expiresAt} /> }
      : { label: t.ended, value: <RelativeTime at={endedAt} /> },
    { label: t.id, value: <IdText id={batch.id} /> },
  ]
}
