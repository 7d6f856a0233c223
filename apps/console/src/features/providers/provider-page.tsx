import { Button, DetailPage, IconPencil, StatusBadge, useNavigation } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { ConnectionActs } from './acts.tsx'
import { ConnectionHealth } from './connection-health.tsx'
import { ConnectionModels } from './connection-models.tsx'
import { factsOf } from './connection-panel.tsx'
import { ConnectionTests } from './connection-tests.tsx'
import { providerText as t } from './strings.ts'

export const ProviderPage = () => {
  const id = useParam('connectionId')
  const { can, href } = useScope()
  const { navigate } = useNavigation()
  const {
    data: connection,
    error,
    retry,
  } = useLoad(['providers', id], (api, signal) => api.providers.get({ params: { id } }, { signal }))
  return (
    <DetailPage
      title={connection?.name ?? t.title}
      {...(connection ? { id: connection.id, status: <StatusBadge status={connection.status} /> } : {})}
      back={{ href: href('providers'), label: t.back }}
      actions={
        connection && (
          <>
            {can('provider.write') && (
              <Button icon={<IconPencil size={14} />} href={href(`providers/${id}/edit`)}>
                {t.edit}
              </Button>
            )}
            <ConnectionActs connection={connection} onRemoved={() => navigate(href('providers'))} />
          </>
        )
      }
      {...(connection ? { properties: factsOf(connection) } : {})}
      loading={!connection}
      error={connection ? undefined : error}
      retry={retry}
    >
      {connection && (
        <>
          <ConnectionHealth connection={connection} />
          <ConnectionTests connection={connection} history />
          <ConnectionModels connection={connection} />
        </>
      )}
    </DetailPage>
  )
}
