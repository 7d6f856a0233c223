import type { AuditStatus } from '@cockpit/contract/audit'
import {
  Button,
  CodeBlock,
  type Column,
  formatCount,
  Heading,
  IconDownload,
  IdText,
  Loaded,
  None,
  Page,
  Properties,
  RelativeTime,
  Row,
  Stack,
  Table,
  Text,
} from '@cockpit/ui'
import { useLoad, useLoadPages } from '../../app/data.ts'
import { useDownload } from '../../app/download.ts'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'
import { useAuditTabs } from './tabs.ts'
import { useAccountName } from './use-account-name.ts'
import { Verification } from './verification.tsx'

/** Whether anybody rewrote the story, and how to find out without trusting this page. */
export const ProofPage = () => {
  const tabs = useAuditTabs('proof')
  const status = useLoad(['audit', 'status'], (api, signal) => api.audit.status({}, { signal }), { everyMs: 30_000 })
  return (
    <Page title={t.title} description={t.proofDescription} tabs={tabs}>
      <Stack gap={24}>
        <Loaded {...status}>{(found) => <Standing status={found} />}</Loaded>
        <Checkpoints />
      </Stack>
    </Page>
  )
}

const Standing = ({ status }: { status: AuditStatus }) => {
  const key = status.keys.at(-1)
  return (
    <Stack gap={24}>
      <Properties
        beside
        items={[
          { label: t.eventsChained, value: formatCount(status.events) },
          { label: t.chains, value: formatCount(status.chains) },
          { label: t.unsigned, value: formatCount(status.unsigned) },
          {
            label: t.lastCheckpoint,
            value: status.lastCheckpoint ? <RelativeTime at={status.lastCheckpoint.at} /> : <None label={t.noneYet} />,
          },
        ]}
      />
      <Verification />
      {key && (
        <Stack gap={8}>
          <Heading>{t.publicKey}</Heading>
          <Text muted>{t.publicKeyHelp}</Text>
          <CodeBlock
            label={t.publicKey}
            snippets={[
              { id: 'key', label: t.publicKey, code: key.publicKey.trim() },
              { id: 'command', label: t.command, code: command },
            ]}
          />
        </Stack>
      )}
    </Stack>
  )
}

const command =
  'cockpit audit verify --events export.jsonl --checkpoints checkpoints.jsonl --key public.pem --account acc_…'

type Checkpoint = NonNullable<AuditStatus['lastCheckpoint']>

const Checkpoints = () => {
  const { accountId } = useScope()
  const nameOf = useAccountName()
  const download = useDownload()
  const list = useLoadPages(['audit', 'checkpoints'], (api, after, signal) =>
    api.audit.checkpoints({ query: { after } }, { signal }),
  )
  return (
    <Stack gap={12}>
      <Row justify="between">
        <Heading>{t.checkpoints}</Heading>
        <Button icon={<IconDownload size={14} />} onClick={() => download('/v1/audit/checkpoints.jsonl')}>
          {t.downloadCheckpoints}
        </Button>
      </Row>
      <Loaded data={list.rows} error={list.error} retry={list.retry}>
        {(rows) =>
          rows.length === 0 ? (
            <Text muted>{t.noCheckpoints}</Text>
          ) : (
            <Stack gap={12}>
              <Table
                label={t.checkpoints}
                rows={rows}
                rowId={(one) => `${one.accountId}.${one.seq}.${one.kind}`}
                columns={accountId === null ? [accountColumn(nameOf), ...columns] : columns}
              />
              {list.hasNext && (
                <Button loading={list.loadingNext} onClick={list.onNext}>
                  {t.moreCheckpoints}
                </Button>
              )}
            </Stack>
          )
        }
      </Loaded>
    </Stack>
  )
}

const accountColumn = (nameOf: (id: string) => string): Column<Checkpoint> => ({
  key: 'account',
  header: t.account,
  value: (one) => nameOf(one.accountId),
})

const columns: Column<Checkpoint>[] = [
  { key: 'seq', header: t.upTo, value: (one) => one.seq, numeric: true, primary: true },
  {
    key: 'kind',
    header: t.checkpointKind,
    value: (one) => (one.kind === 'anchor' ? t.anchor : t.checkpoint),
  },
  { key: 'at', header: t.signedAt, value: (one) => one.at, render: (one) => <RelativeTime at={one.at} /> },
  { key: 'hash', header: t.hash, value: (one) => one.hash, render: (one) => <IdText id={one.hash} /> },
  { key: 'keyId', header: t.keyId, value: (one) => one.keyId, render: (one) => <Text mono>{one.keyId}</Text> },
]
