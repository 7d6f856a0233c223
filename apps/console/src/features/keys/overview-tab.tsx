import type { Key } from '@cockpit/contract/keys'
import { CodeBlock, Panel, Stack } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { snippetModel, useModelChain } from './effective-models.ts'
import { RecentRequests } from './recent-requests.tsx'
import { snippetsOf } from './snippets.ts'
import { UsageFigures } from './usage-figures.tsx'

const t = messages('keyOverview', {
  requests: 'Latest requests',
  use: 'Use it',
  useAbout: 'Put the secret in place of COCKPIT_KEY. It was shown once; rotate the key for a new one.',
})

export const KeyOverview = ({ apiKey }: { apiKey: Key }) => {
  const { can } = useScope()
  const chain = useModelChain()
  const model = snippetModel(chain.data, apiKey.models)
  return (
    <Stack gap={24}>
      {can('usage.read') && <UsageFigures by="key" id={apiKey.id} />}
      <Panel title={t.requests}>
        <RecentRequests of={{ keyId: apiKey.id }} limit={5} />
      </Panel>
      {apiKey.status === 'active' && model && (
        <Panel title={t.use} description={t.useAbout}>
          <CodeBlock label={t.use} snippets={snippetsOf({ secret: 'COCKPIT_KEY', model })} />
        </Panel>
      )}
    </Stack>
  )
}
