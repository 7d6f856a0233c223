import type { AuditHold, AuditRetention } from '@cockpit/contract/audit'
import {
  Alert,
  Button,
  type Column,
  ConfirmDialog,
  FormModal,
  formatCount,
  Heading,
  IconPencil,
  IconPlus,
  Loaded,
  NumberField,
  Page,
  Properties,
  RelativeTime,
  Row,
  Stack,
  StatusBadge,
  Table,
  Text,
  Textarea,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useLoadPages, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { Contents } from './contents.tsx'
import { t } from './strings.ts'
import { useAuditTabs } from './tabs.ts'

/** How long events are kept, and what must be kept whatever that says. */
export const RetentionPage = () => {
  const tabs = useAuditTabs('retention')
  const { accountId } = useScope()
  const retention = useLoad(['audit', 'retention'], (api, signal) => api.audit.retention({}, { signal }))
  return (
    <Page title={t.title} description={t.retentionDescription} tabs={tabs}>
      <Stack gap={24}>
        <Loaded {...retention}>{(found) => <Kept retention={found} />}</Loaded>
        {accountId && <Contents />}
        <Holds />
      </Stack>
    </Page>
  )
}

const Kept = ({ retention }: { retention: AuditRetention }) => {
  const { can } = useScope()
  const [open, setOpen] = useState(false)
  const { days, held, removable } = retention
  return (
    <Stack gap={12}>
      <Row justify="between">
        <Heading>{t.retention}</Heading>
        {can('audit.manage') && (
          <Button icon={<IconPencil size={14} />} onClick={() => setOpen(true)}>
            {t.changeRetention}
          </Button>
        )}
      </Row>
      <Properties
        items={[
          { label: t.kept, value: days === null ? t.forEver : t.days(formatCount(days)) },
          { label: t.removable, value: formatCount(removable) },
        ]}
      />
      {held && (
        <Alert tone="amber" title={t.held}>
          {t.heldText}
        </Alert>
      )}
      {open && <RetentionForm days={days} onClose={() => setOpen(false)} />}
    </Stack>
  )
}

const RetentionForm = ({ days, onClose }: { days: number | null; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm<{ days: number | null }>({
    initial: { days },
    submit: async (values) => {
      await api.audit.setRetention({ body: { days: values.days } })
      await refresh('audit')
    },
  })
  return (
    <FormModal
      form={form}
      opened
      onClose={onClose}
      title={t.retention}
      submitLabel={t.save}
      onSaved={() => toast.success(t.retentionSaved)}
    >
      <NumberField
        label={t.kept}
        unit={t.daysUnit}
        min={30}
        max={36_500}
        help={t.keptHelp}
        autoFocus
        {...form.field('days')}
      />
      <RetentionEffect days={form.values.days} />
    </FormModal>
  )
}

/** What the chosen number of days would remove, before it is saved. */
const RetentionEffect = ({ days }: { days: number | null }) => {
  const valid = days === null || (days >= 30 && days <= 36_500)
  const effect = useLoad(
    ['audit', 'retention', 'effect', days],
    (api, signal) => api.audit.setRetention({ query: { dry_run: 'true' }, body: { days } }, { signal }),
    { enabled: valid },
  )
  if (!valid) return null
  return (
    <Loaded {...effect}>
      {({ removable, held }) => (
        <Alert tone={removable > 0 ? 'amber' : 'blue'} title={t.effect(formatCount(removable), removable)}>
          {held && removable > 0 ? t.heldText : null}
        </Alert>
      )}
    </Loaded>
  )
}

const Holds = () => {
  const { can, accountId, me } = useScope()
  const [open, setOpen] = useState<'new' | AuditHold | null>(null)
  const list = useLoadPages(['audit', 'holds'], (api, after, signal) =>
    api.audit.holds({ query: { after } }, { signal }),
  )
  const close = () => setOpen(null)
  return (
    <Stack gap={12}>
      <Row justify="between">
        <Heading>{t.holds}</Heading>
        {can('audit.manage') && (
          <Button icon={<IconPlus size={14} />} onClick={() => setOpen('new')}>
            {t.newHold}
          </Button>
        )}
      </Row>
      <Loaded data={list.rows} error={list.error} retry={list.retry}>
        {(rows) =>
          rows.length === 0 ? (
            <Text muted>{t.noHolds}</Text>
          ) : (
            <Table
              label={t.holds}
              rows={rows}
              rowId={({ id }) => id}
              columns={holdColumns}
              {...(can('audit.manage') && {
                rowActions: (hold: AuditHold) =>
                  hold.releasedAt === null &&
                  // what the platform holds, only the platform releases
                  (!hold.byPlatform || accountId === null || me.isSuperAdmin) && (
                    <Button onClick={() => setOpen(hold)}>{t.release}</Button>
                  ),
              })}
            />
          )
        }
      </Loaded>
      {open === 'new' && <HoldForm onClose={close} />}
      {open !== null && open !== 'new' && <ReleaseHold hold={open} onClose={close} />}
    </Stack>
  )
}

const HoldForm = ({ onClose }: { onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: { reason: '' },
    check: ({ reason }) => (reason.trim() ? {} : { reason: t.reasonRequired }),
    submit: async ({ reason }) => {
      await api.audit.createHold({ body: { reason } })
      await refresh('audit')
    },
  })
  return (
    <FormModal
      form={form}
      opened
      onClose={onClose}
      title={t.newHold}
      submitLabel={t.newHold}
      onSaved={() => toast.success(t.holdPlaced)}
    >
      <Textarea label={t.holdReason} help={t.reasonHelp} required {...form.field('reason')} />
    </FormModal>
  )
}

const ReleaseHold = ({ hold, onClose }: { hold: AuditHold; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const release = async () => {
    await api.audit.releaseHold({ params: { id: hold.id } })
    await refresh('audit')
    toast.success(t.holdReleased)
  }
  return (
    <ConfirmDialog opened onClose={onClose} title={t.releaseTitle} confirmLabel={t.release} onConfirm={release}>
      {t.releaseText(hold.reason)}
    </ConfirmDialog>
  )
}

const holdColumns: Column<AuditHold>[] = [
  { key: 'reason', header: t.holdReason, value: (hold) => hold.reason, primary: true },
  {
    key: 'state',
    header: t.state,
    value: (hold) => (hold.releasedAt ? t.released : t.active),
    render: (hold) =>
      hold.releasedAt ? (
        <StatusBadge status="released" tone="neutral" label={t.released} />
      ) : (
        <StatusBadge status="active" tone="amber" label={t.active} />
      ),
  },
  { key: 'by', header: t.placedBy, value: (hold) => (hold.byPlatform ? t.byPlatform(hold.createdBy) : hold.createdBy) },
  {
    key: 'at',
    header: t.placed,
    value: (hold) => hold.createdAt,
    render: (hold) => <RelativeTime at={hold.createdAt} />,
  },
]
