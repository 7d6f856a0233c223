import type { ScimState } from '@cockpit/contract/scim'
import { CodeBlock, formatCount, Loaded, Page, Panel, RelativeTime, Stack, Stat, StatRow } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { useSignInTabs } from '../sso/tabs.ts'
import { HandEdits } from './hand-edits.tsx'
import { Rules } from './rules.tsx'
import { t } from './strings.ts'
import { Tokens } from './tokens.tsx'

/** How an identity source manages people here: where it connects, with which token, and what its groups give. */
export const ScimPage = () => {
  const tabs = useSignInTabs()
  const { can } = useScope()
  const state = useLoad(['scim', 'state'], (api, signal) => api.scim.state({}, { signal }), { everyMs: 15_000 })
  const rules = useLoad(['scim', 'rules'], (api, signal) => api.scim.rules({}, { signal }))
  return (
    <Page title={t.title} description={t.about} tabs={tabs}>
      <Stack>
        <Loaded {...state}>{(found) => <Connection state={found} />}</Loaded>
        <Tokens />
        {can('directory.read') && <HandEdits />}
        <Loaded {...rules}>{({ items }) => <Rules rules={items} />}</Loaded>
      </Stack>
    </Page>
  )
}

const Connection = ({ state }: { state: ScimState }) => (
  <>
    <StatRow>
      <Stat label={t.people} value={formatCount(state.users)} period={t.active(state.activeUsers)} />
      <Stat label={t.groups} value={formatCount(state.groups)} />
      <Stat label={t.last} value={state.lastRequestAt ? <RelativeTime at={state.lastRequestAt} /> : t.never} />
      <Stat label={t.refused} value={formatCount(state.refused)} period={t.refusedHelp} />
    </StatRow>
    <Panel title={t.connection} description={t.connectionAbout}>
      <CodeBlock label={t.baseUrl} snippets={[{ id: 'url', label: t.baseUrl, code: state.baseUrl }]} />
    </Panel>
  </>
)
