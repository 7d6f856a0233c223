import type { Model } from '@cockpit/contract/models'
import { Heading, Stack, Stages } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { RoutePanel } from './route-panel.tsx'

const t = messages('deployments', {
  title: 'Route',
  label: 'Tried one after the other',
  platform: 'It runs on connections of the platform.',
  hidden: 'Which connections it runs on is for administrators to see.',
  refusal: 'The caller gets the last error',
  refusalText: 'once every deployment failed.',
})

/** Where calls of a model go, and where they go next when that fails. */
export const Deployments = ({ model }: { model: Model }) => {
  const { accountId, can } = useScope()
  const offered = accountId !== null && model.ownedBy === 'platform'
  const linked = can('provider.read') && !offered
  return (
    <Stack gap={8}>
      <Heading>{t.title}</Heading>
      {offered && <p className="ck-flat ck-muted">{t.platform}</p>}
      {!offered && model.deployments.length === 0 && <p className="ck-flat ck-muted">{t.hidden}</p>}
      {linked && model.deployments.length > 0 && <RoutePanel model={model} />}
      {!offered && !linked && model.deployments.length > 0 && (
        <Stages
          label={t.label}
          stages={[
            ...model.deployments.map(({ connectionId, connectionName, upstreamModel }, index) => ({
              id: `${connectionId} ${upstreamModel} ${index}`,
              value: index + 1,
              label: connectionName,
              detail: <span className="ck-mono">{upstreamModel}</span>,
            })),
            { id: 'refusal', label: t.refusal, detail: t.refusalText, muted: true },
          ]}
        />
      )}
    </Stack>
  )
}
