import { DetailPage, StatusBadge } from '@cockpit/ui'
import { Missing } from '../../app/crash.tsx'
import { useLoad } from '../../app/data.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { AccessTab } from './access-tab.tsx'
import { KeyActs } from './key-acts.tsx'
import { useKeyProperties } from './key-summary.tsx'
import { KeyOverview } from './overview-tab.tsx'
import { useTeamOptions } from './owners.ts'
import { RecentRequests } from './recent-requests.tsx'
import { KeySettings } from './settings-tab.tsx'
import { t } from './strings.ts'

const tabs = [
  { tab: '', label: t.overview },
  { tab: 'access', label: t.access },
  { tab: 'requests', label: t.requests },
  { tab: 'settings', label: t.settings },
] as const

export const KeyPage = () => {
  const { href } = useScope()
  const keyId = useParam('keyId')
  const chosen = useParam('tab')
  const teams = useTeamOptions()
  const { data, error, retry } = useLoad(['keys', 'one', keyId], (api, signal) =>
    api.keys.get({ params: { id: keyId } }, { signal }),
  )
  const properties = useKeyProperties(data, teams)
  const shown = tabs.find(({ tab }) => tab === chosen)
  if (!shown) return <Missing />
  const base = href(`keys/${keyId}`)
  return (
    <DetailPage
      title={data?.name ?? ' '}
      id={keyId}
      status={data && <StatusBadge status={data.status} />}
      back={{ href: href('keys'), label: t.title }}
      actions={data && <KeyActs apiKey={data} />}
      tabs={tabs.map(({ tab, label }) => ({ href: tab ? `${base}/${tab}` : base, label, active: tab === chosen }))}
      loading={!data}
      error={data ? undefined : error}
      retry={retry}
      {...(chosen === '' ? { properties } : {})}
    >
      {data && shown.tab === '' && <KeyOverview apiKey={data} />}
      {data && shown.tab === 'access' && <AccessTab apiKey={data} />}
      {data && shown.tab === 'requests' && <RecentRequests of={{ keyId }} limit={50} />}
      {data && shown.tab === 'settings' && <KeySettings key={data.id} apiKey={data} />}
    </DetailPage>
  )
}
