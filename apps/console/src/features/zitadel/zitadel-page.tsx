import type { ZitadelDefaults, ZitadelHealth } from '@cockpit/contract/zitadel-shapes'
import {
  Button,
  Columns,
  FormBody,
  formatCount,
  LeaveGuard,
  Loaded,
  Page,
  Panel,
  ProblemAlert,
  Properties,
  RelativeTime,
  Row,
  Stack,
  StatusBadge,
  Switch,
  Table,
  TextField,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

/** The platform's side of Zitadel: what onboarding starts from, and whether changes there are heard here. */
export const ZitadelPage = () => {
  const { can } = useScope()
  const defaults = useLoad(['zitadel', 'defaults'], (api, signal) => api.zitadel.defaults({}, { signal }))
  const health = useLoad(['zitadel', 'health'], (api, signal) => api.zitadel.health({}, { signal }), {
    everyMs: 10_000,
  })
  return (
    <Page title={t.defaultsTitle} description={t.defaultsAbout} actions={can('identity.write') && <PollNow />}>
      <Stack gap={24}>
        <Loaded {...health}>{(found) => <Health health={found} />}</Loaded>
        <Panel title={t.defaults}>
          <Loaded {...defaults}>{(found) => <DefaultsForm defaults={found} />}</Loaded>
        </Panel>
      </Stack>
    </Page>
  )
}

const PollNow = () => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null })
  const poll = async () => {
    setState({ busy: true, error: null })
    try {
      await api.zitadel.poll()
      await refresh('zitadel')
      toast.success(t.polled)
      setState({ busy: false, error: null })
    } catch (error) {
      setState({ busy: false, error })
    }
  }
  return (
    <Stack gap={8}>
      <Row justify="end">
        <Button loading={state.busy} onClick={() => void poll()}>
          {t.pollNow}
        </Button>
      </Row>
      <ProblemAlert error={state.error} />
    </Stack>
  )
}

const mark = (on: boolean) => (
  <StatusBadge status={on ? 'on' : 'off'} tone={on ? 'green' : 'neutral'} label={on ? t.configured : t.notConfigured} />
)

const Health = ({ health: { client, webhook, poll, waiting, failures } }: { health: ZitadelHealth }) => (
  <Stack gap={24}>
    <Columns minWidth={320}>
      <Panel title={t.webhook}>
        <Properties
          items={[
            { label: t.status, value: mark(webhook.configured) },
            { label: t.address, value: <span className="ck-mono">{webhook.url}</span> },
            { label: t.lastReceived, value: <RelativeTime at={webhook.lastReceivedAt} none={t.never} /> },
            { label: t.received, value: formatCount(webhook.received) },
            { label: t.duplicates, value: formatCount(webhook.duplicates) },
            { label: t.refused, value: formatCount(webhook.refused) },
            ...(webhook.lastRefusal ? [{ label: t.lastRefusal, value: webhook.lastRefusal }] : []),
          ]}
        />
      </Panel>
      <Panel title={t.client}>
        <Properties
          items={[
            { label: t.status, value: mark(client.configured) },
            { label: t.address, value: client.baseUrl && <span className="ck-mono">{client.baseUrl}</span> },
            { label: t.lastPoll, value: <RelativeTime at={poll.lastAt} none={t.never} /> },
            { label: t.cursor, value: <RelativeTime at={poll.cursorAt} none={t.never} /> },
            { label: t.found, value: formatCount(poll.found) },
            { label: t.waiting, value: formatCount(waiting) },
            ...(poll.lastProblem ? [{ label: t.pollProblem, value: poll.lastProblem }] : []),
          ]}
        />
      </Panel>
    </Columns>
    {failures.length > 0 && (
      <Panel title={t.failures} flush>
        <Table
          label={t.failures}
          rows={failures}
          rowId={({ at, eventType }) => `${at} ${eventType}`}
          columns={[
            { key: 'at', header: t.at, value: ({ at }) => at, render: ({ at }) => <RelativeTime at={at} /> },
            { key: 'type', header: t.eventType, value: ({ eventType }) => eventType, primary: true },
            { key: 'message', header: t.note, value: ({ message }) => message },
          ]}
        />
      </Panel>
    )}
  </Stack>
)

const DefaultsForm = ({ defaults }: { defaults: ZitadelDefaults }) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: {
      projectId: defaults.projectId ?? '',
      organizationId: defaults.organizationId ?? '',
      rolePrefix: defaults.rolePrefix ?? '',
      resolveUserIdsFromZitadel: defaults.resolveUserIdsFromZitadel,
    },
    submit: async (body) => {
      await api.zitadel.setDefaults({ body })
      await refresh('zitadel')
    },
  })
  return (
    <>
      <LeaveGuard form={form} />
      <FormBody
        form={form}
        readOnly={!can('identity.write')}
        submitLabel={t.saveDefaults}
        onSaved={() => toast.success(t.defaultsSaved)}
      >
        <TextField label={t.project} help={t.projectHelp} mono {...form.field('projectId')} />
        <TextField label={t.organization} help={t.defaultOrganizationHelp} mono {...form.field('organizationId')} />
        <TextField label={t.prefix} help={t.prefixHelp} mono {...form.field('rolePrefix')} />
        <Switch label={t.resolve} help={t.resolveHelp} {...form.field('resolveUserIdsFromZitadel')} />
      </FormBody>
    </>
  )
}
