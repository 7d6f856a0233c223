import type { Installation } from '@cockpit/contract/settings'
import {
  Badge,
  Button,
  Columns,
  formatExact,
  IconExternalLink,
  IdText,
  Loaded,
  Page,
  Panel,
  Properties,
  RelativeTime,
  Stack,
  StatusBadge,
  Table,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'

const t = messages('installation', {
  title: 'Settings',
  about: 'What this installation runs with. It is set by the environment when a process starts.',
  program: 'Program',
  version: 'Version',
  node: 'Node',
  started: 'Started',
  roles: 'Roles of this process',
  publicUrl: 'Address',
  factor: 'Credits per US dollar, new accounts',
  data: 'Data and secrets',
  postgres: 'PostgreSQL',
  database: 'Database',
  embedded: 'Embedded',
  external: 'External',
  secretKey: 'Encryption key of stored secrets',
  environmentKey: 'from the environment',
  fileKey: 'from a file in the data directory',
  masterKey: 'Master key',
  set: 'Set',
  notSet: 'Not set',
  environment: 'Environment',
  environmentAbout: 'Every variable Cockpit reads. Secrets are never shown, only whether they are set.',
  variable: 'Variable',
  meaning: 'What it is',
  value: 'Value',
  secret: 'Secret',
  unset: 'Not set',
  reference: 'API reference',
  openapi: 'OpenAPI document',
})

type Variable = Installation['environment'][number]

export const InstallationPage = () => {
  const load = useLoad(['settings'], (api, signal) => api.settings.installation({}, { signal }))
  // whole addresses: the API serves these, so the browser and not the router goes there
  const { origin } = window.location
  const out = <IconExternalLink size={14} />
  return (
    <Page
      title={t.title}
      description={t.about}
      actions={
        <>
          <Button icon={out} href={`${origin}/docs`}>
            {t.reference}
          </Button>
          <Button icon={out} href={`${origin}/openapi.json`}>
            {t.openapi}
          </Button>
        </>
      }
    >
      <Loaded {...load}>{(found) => <Facts installation={found} />}</Loaded>
    </Page>
  )
}

const Facts = ({ installation: i }: { installation: Installation }) => (
  <Stack gap={24}>
    <Columns minWidth={320}>
      <Panel title={t.program}>
        <Properties
          items={[
            { label: t.version, value: i.version },
            { label: t.node, value: i.node },
            {
              label: t.started,
              value: (
                <>
                  <RelativeTime at={i.startedAt} /> <span className="ck-muted">{formatExact(i.startedAt)}</span>
                </>
              ),
            },
            { label: t.roles, value: i.roles.join(', ') },
            { label: t.publicUrl, value: <span className="ck-mono">{i.publicUrl}</span> },
            { label: t.factor, value: i.creditsFactor },
          ]}
        />
      </Panel>
      <Panel title={t.data}>
        <Properties
          items={[
            { label: t.postgres, value: i.postgres },
            { label: t.database, value: i.database === 'embedded' ? t.embedded : t.external },
            {
              label: t.secretKey,
              value: (
                <>
                  <IdText id={i.secretKey.id} />{' '}
                  <span className="ck-muted">
                    {i.secretKey.source === 'environment' ? t.environmentKey : t.fileKey}
                  </span>
                </>
              ),
            },
            {
              label: t.masterKey,
              value: i.masterKeySet ? (
                <StatusBadge status="active" label={t.set} />
              ) : (
                <StatusBadge status="closed" label={t.notSet} />
              ),
            },
          ]}
        />
      </Panel>
    </Columns>
    <Panel title={t.environment} description={t.environmentAbout} flush>
      <Table
        label={t.environment}
        rows={i.environment}
        rowId={({ name }: Variable) => name}
        columns={[
          {
            key: 'name',
            header: t.variable,
            value: ({ name }: Variable) => name,
            render: ({ name }: Variable) => <span className="ck-mono">{name}</span>,
          },
          { key: 'value', header: t.value, value: ({ value }: Variable) => value, render: shownValue },
          {
            key: 'description',
            header: t.meaning,
            value: ({ description }: Variable) => description,
            render: meaningOf,
          },
        ]}
      />
    </Panel>
  </Stack>
)

const shownValue = ({ value, set }: Variable) => {
  if (value !== null) return <span className="ck-mono">{value}</span>
  return set ? <Badge tone="green">{t.secret}</Badge> : <span className="ck-muted">{t.unset}</span>
}
const meaningOf = ({ description }: Variable) => <span title={description}>{description}</span>
