import type { Model } from '@cockpit/contract/models'
import type { ProviderConnection } from '@cockpit/contract/providers'
import { Button, type Column, EmptyState, Heading, IconPlus, Loaded, Row, Stack, StatusBadge, Table } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { providerText } from './strings.ts'

const t = messages('connectionModels', {
  title: 'Models on this connection',
  model: 'Model',
  upstream: 'Name at the provider',
  order: 'Fallback order',
  status: 'Status',
  none: 'No model runs on it yet',
  noneText: 'A model names a deployment on this connection and its prices. Add the ones that people should use.',
})

export const ConnectionModels = ({ connection }: { connection: ProviderConnection }) => {
  const { can, href } = useScope()
  const models = useLoad(['models', 'on', connection.id], (api, signal) =>
    api.models.list({ query: { connectionId: connection.id, limit: 100 } }, { signal }),
  )
  const add = can('provider.write') && (
    <Button icon={<IconPlus size={14} />} href={href(`models/new?connection=${connection.id}`)}>
      {providerText.addModel}
    </Button>
  )
  const here = (model: Model) => model.deployments.filter(({ connectionId }) => connectionId === connection.id)
  const columns: Column<Model>[] = [
    { key: 'name', header: t.model, value: (row) => row.name },
    {
      key: 'upstream',
      header: t.upstream,
      value: (row) => here(row).map(({ upstreamModel }) => upstreamModel).join(', '), // biome-ignore format: one cell
      render: (row) => (
        <span className="ck-mono">
          {here(row)
            .map(({ upstreamModel }) => upstreamModel)
            .join(', ')}
        </span>
      ),
    },
    {
      key: 'order',
      header: t.order,
      numeric: true,
      value: (row) => {
        const first = row.deployments.findIndex(({ connectionId }) => connectionId === connection.id)
        return `${first + 1} / ${row.deployments.length}`
      },
    },
    {
      key: 'status',
      header: t.status,
      value: (row) => row.status,
      render: (row) => <StatusBadge status={row.status} />,
    },
  ]
  return (
    <Stack gap={8}>
      <Row justify="between">
        <Heading>{t.title}</Heading>
        {add}
      </Row>
      <Loaded {...models}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t.none} text={t.noneText} />
          ) : (
            <Table
              label={t.title}
              columns={columns}
              rows={items}
              rowId={(row) => row.id}
              rowHref={(row) => href(`models/${row.id}`)}
            />
          )
        }
      </Loaded>
    </Stack>
  )
}
