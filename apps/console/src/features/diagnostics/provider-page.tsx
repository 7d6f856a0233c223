import type { TokenDiagnostics } from '@cockpit/contract/tokens'
import { Alert, Columns, Loaded, Page, Panel, Properties, RelativeTime, Stack, StatusBadge, Text } from '@cockpit/ui'
import type { z } from 'zod'
import { useLoad } from '../../app/data.ts'
import { t } from './strings.ts'
import { useDiagnosticsTabs } from './tabs.ts'

type Diagnostics = z.infer<typeof TokenDiagnostics>
type Provider = NonNullable<Diagnostics['provider']>

/** Health of the identity provider, and how its claims are read. */
export const ProviderPage = () => {
  const tabs = useDiagnosticsTabs('provider')
  const load = useLoad(
    ['diagnostics', 'provider'],
    (api, signal) => api.tokens.diagnostics({ query: { limit: 1 } }, { signal }),
    { everyMs: 10_000 },
  )
  return (
    <Page title={t.title} description={t.aboutProvider} tabs={tabs}>
      <Loaded {...load}>
        {({ provider, mapping }) => (
          <Stack gap={24}>
            {provider === null && <Alert tone="amber">{t.none}</Alert>}
            <Columns minWidth={320}>
              {provider && <Health provider={provider} />}
              <Mapping mapping={mapping} />
            </Columns>
          </Stack>
        )}
      </Loaded>
    </Page>
  )
}

const Health = ({ provider: { issuer, audiences, keys, introspection } }: { provider: Provider }) => (
  <Panel title={t.provider}>
    <Properties
      items={[
        { label: t.issuer, value: <Text mono>{issuer}</Text> },
        { label: t.audiences, value: <Names of={audiences} /> },
        { label: t.keysUrl, value: keys.url ? <Text mono>{keys.url}</Text> : t.never },
        { label: t.keys, value: keys.keyIds.length > 0 ? <Names of={keys.keyIds} /> : t.never },
        { label: t.keysFetched, value: keys.fetchedAt ? <RelativeTime at={keys.fetchedAt} /> : t.never },
        ...(keys.lastError
          ? [{ label: t.lastError, value: <StatusBadge status="error" tone="red" label={keys.lastError} /> }]
          : []),
        { label: t.introspection, value: introspectionOf(introspection) },
      ]}
    />
  </Panel>
)

const introspectionOf = ({ isConfigured, last }: Provider['introspection']): string => {
  if (!isConfigured) return t.introspectionOff
  if (!last) return t.introspectionIdle
  return last.ok ? t.introspectionOk : (last.detail ?? t.introspectionIdle)
}

const Mapping = ({ mapping: m }: { mapping: Diagnostics['mapping'] }) => (
  <Panel title={t.mapping} description={t.mappingAbout}>
    <Properties
      items={[
        { label: t.homeOrg, value: <Names of={m.homeOrg} /> },
        { label: t.roles, value: <Names of={m.roles} /> },
        { label: t.accountId, value: <Names of={m.accountId} /> },
        { label: t.productDomains, value: <Names of={m.productDomains} /> },
        { label: t.accountAdmin, value: <Names of={m.accountAdminRoleKeys} /> },
        { label: t.superAdmin, value: <Names of={m.superAdminRoleKeys} /> },
        { label: t.platformOrg, value: m.platformOrgId ? <Text mono>{m.platformOrgId}</Text> : t.notSet },
      ]}
    />
  </Panel>
)

const Names = ({ of }: { of: readonly string[] }) => (
  <Stack gap={0}>
    {of.map((name) => (
      <Text key={name} mono>
        {name}
      </Text>
    ))}
  </Stack>
)
