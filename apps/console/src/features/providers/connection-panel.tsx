import type { ProviderConnection } from '@cockpit/contract/providers'
import { Loaded, Properties, type Property, RelativeTime, SidePanel, Stack, StatusBadge } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { ConnectionActs } from './acts.tsx'
import { ConnectionModels } from './connection-models.tsx'
import { ConnectionTests } from './connection-tests.tsx'
import { kindLabel } from './presets.ts'
import { disconnectText, providerText as t } from './strings.ts'
import { TimeoutList } from './timeout-list.tsx'
import { BaseUrl, KeyMark } from './values.tsx'

/** One connection beside the list; the same parts stand on its page. */
export const ConnectionPanel = ({ id, onClose }: { id: string | undefined; onClose: () => void }) => {
  const { href } = useScope()
  const connection = useLoad(
    ['providers', id],
    (api, signal) => api.providers.get({ params: { id: id ?? '' } }, { signal }),
    { enabled: id !== undefined },
  )
  return (
    <SidePanel
      opened={id !== undefined}
      onClose={onClose}
      title={connection.data?.name ?? ''}
      actions={connection.data && <ConnectionActs connection={connection.data} onRemoved={onClose} />}
      {...(id ? { pageHref: href(`providers/${id}`) } : {})}
    >
      {id && (
        <Loaded {...connection}>
          {(found) => (
            <Stack gap={24}>
              <ConnectionTests connection={found} />
              <div className="ck-facts">
                <Properties items={factsOf(found)} />
              </div>
              <ConnectionModels connection={found} />
            </Stack>
          )}
        </Loaded>
      )}
    </SidePanel>
  )
}

export const factsOf = (connection: ProviderConnection): Property[] => [
  { label: t.status, value: <StatusBadge status={connection.status} /> },
  { label: t.kind, value: kindLabel(connection.kind) },
  { label: t.baseUrl, value: <BaseUrl url={connection.baseUrl} /> },
  ...(connection.kind === 'azure'
    ? [{ label: t.apiVersion, value: connection.options.apiVersion ?? <span className="ck-muted">{t.v1}</span> }]
    : []),
  ...(connection.kind === 'demo'
    ? []
    : [
        { label: t.key, value: <KeyMark secret={connection.secret} /> },
        { label: t.rotated, value: <RelativeTime at={connection.secret?.rotatedAt ?? null} /> },
      ]),
  { label: t.disconnect, value: disconnectText[connection.onDisconnect] },
  { label: t.timeouts, value: <TimeoutList timeouts={connection.timeouts} /> },
  { label: t.retries, value: connection.maxRetries },
  { label: t.created, value: <RelativeTime at={connection.createdAt} /> },
]
