import type { GuardrailService } from '@cockpit/contract/guardrail-services'
import {
  Button,
  type Column,
  ConfirmDialog,
  EmptyState,
  FormModal,
  IconPlus,
  IconShieldCheck,
  Loaded,
  Menu,
  Page,
  RelativeTime,
  StatusBadge,
  Table,
  Text,
  Textarea,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { EditService, NewService } from './service-form.tsx'
import { serviceKindText, serviceText as t } from './service-strings.ts'
import { guardText } from './strings.ts'
import { useGuardrailTabs } from './tabs.ts'

type Open = { kind: 'new' } | { kind: 'edit' | 'test' | 'remove'; service: GuardrailService } | null

/** Who outside judges texts for guardrails. */
export const GuardrailServicesPage = () => {
  const { can } = useScope()
  const [open, setOpen] = useState<Open>(null)
  const list = useLoad(['guardrail-services', 'list'], (api, signal) => api.guardrailServices.list({}, { signal }))
  const actsOf = (service: GuardrailService) => (
    <Menu
      label={t.acts(service.name)}
      items={[
        { label: t.test, onClick: () => setOpen({ kind: 'test', service }) },
        { label: t.edit, onClick: () => setOpen({ kind: 'edit', service }) },
        { label: t.remove, danger: true, onClick: () => setOpen({ kind: 'remove', service }) },
      ]}
    />
  )
  const close = () => setOpen(null)
  const add = can('guardrail.write') && (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setOpen({ kind: 'new' })}>
      {t.add}
    </Button>
  )
  return (
    <Page title={guardText.title} description={t.about} tabs={useGuardrailTabs()} actions={add}>
      <Loaded {...list}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              icon={<IconShieldCheck size={28} stroke={1.5} />}
              title={t.none}
              text={t.noneText}
              action={add}
            />
          ) : (
            <Table
              label={guardText.services}
              rows={items}
              rowId={({ id }) => id}
              columns={columns}
              {...(can('guardrail.write') && { rowActions: actsOf })}
            />
          )
        }
      </Loaded>
      {open?.kind === 'new' && <NewService onClose={close} />}
      {open?.kind === 'edit' && <EditService service={open.service} onClose={close} />}
      {open?.kind === 'test' && <TestService service={open.service} onClose={close} />}
      {open?.kind === 'remove' && <RemoveService service={open.service} onClose={close} />}
    </Page>
  )
}

const stateOf = ({ checkedAt, lastError }: GuardrailService) =>
  checkedAt === null ? t.never : lastError === null ? t.works : t.fails

const columns: Column<GuardrailService>[] = [
  { key: 'name', header: t.name, value: ({ name }) => name, primary: true },
  { key: 'kind', header: t.kind, value: ({ kind }) => serviceKindText[kind] },
  {
    key: 'where',
    header: t.where,
    value: ({ url }) => url,
    render: ({ url, connectionId }) => (
      <Text mono truncate title={url ?? connectionId ?? t.gone}>
        {url ?? connectionId ?? t.gone}
      </Text>
    ),
  },
  { key: 'timeout', header: t.timeout, value: ({ timeoutMs }) => `${timeoutMs} ms`, numeric: true },
  {
    key: 'state',
    header: t.state,
    value: stateOf,
    render: (one) => (
      <span title={one.lastError ?? undefined}>
        <StatusBadge
          status={stateOf(one)}
          tone={one.checkedAt === null ? 'neutral' : one.lastError === null ? 'green' : 'red'}
          label={stateOf(one)}
        />
      </span>
    ),
  },
  {
    key: 'changed',
    header: guardText.changed,
    value: ({ updatedAt }) => updatedAt,
    render: ({ updatedAt }) => <RelativeTime at={updatedAt} />,
  },
]

const TestService = ({ service, onClose }: { service: GuardrailService; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm<{ text: string } & Record<string, unknown>>({
    initial: { text: t.sample },
    check: ({ text }) => (text.trim() ? {} : { text: t.required }),
    submit: async ({ text }) => {
      const said = await api.guardrailServices.check({ params: { id: service.id }, body: { text } })
      await refresh('guardrail-services')
      const found = said.findings.map(({ category, score }) => `${category} ${score.toFixed(2)}`).join(', ')
      if (said.ok) toast.success(t.found(found || t.nothing, said.latencyMs))
      else toast.error(said.reason ?? t.fails)
    },
  })
  return (
    <FormModal form={form} opened onClose={onClose} title={t.testTitle(service.name)} submitLabel={t.test}>
      <Textarea label={t.testText} help={t.testHelp} rows={4} required {...form.field('text')} />
    </FormModal>
  )
}

const RemoveService = ({ service, onClose }: { service: GuardrailService; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const remove = async () => {
    await api.guardrailServices.remove({ params: { id: service.id } })
    await refresh('guardrail-services')
  }
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={t.removeTitle(service.name)}
      confirmLabel={t.remove}
      onConfirm={remove}
    >
      {t.removeText}
    </ConfirmDialog>
  )
}
