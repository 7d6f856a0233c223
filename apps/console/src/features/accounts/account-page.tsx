import type { Account } from '@cockpit/contract/accounts'
import { DetailPage, StatusBadge } from '@cockpit/ui'
import type { ComponentType } from 'react'
import { Missing } from '../../app/crash.tsx'
import { useLoad } from '../../app/data.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { ZitadelTab } from '../zitadel/zitadel-tab.tsx'
import { AccountActs } from './account-acts.tsx'
import { accountProperties } from './account-summary.tsx'
import { AuditTab } from './audit-tab.tsx'
import { GrantsTab } from './grants-tab.tsx'
import { ModelsTab } from './models-tab.tsx'
import { OverviewTab } from './overview-tab.tsx'
import { SettingsTab } from './settings-tab.tsx'
import { t } from './strings.ts'

const tabs = [
  { tab: '', label: t.overview, Tab: OverviewTab, permission: 'account.read' },
  { tab: 'settings', label: t.settings, Tab: SettingsTab, permission: 'account.write' },
  { tab: 'models', label: t.models, Tab: ModelsTab, permission: 'model.eligibility' },
  { tab: 'grants', label: t.grants, Tab: GrantsTab, permission: 'budget.grant' },
  { tab: 'zitadel', label: 'Zitadel', Tab: ZitadelTab, permission: 'identity.read' },
  { tab: 'audit', label: t.audit, Tab: AuditTab, permission: 'audit.read' },
] as const satisfies readonly { Tab: ComponentType<{ account: Account }>; [key: string]: unknown }[]

export const AccountPage = () => {
  // not `accountId`: that name in the address chooses the account the whole frame is in
  const id = useParam('id')
  const chosen = useParam('tab')
  const { can } = useScope()
  const { data, error, retry } = useLoad(['accounts', 'one', id], (api, signal) =>
    api.accounts.get({ params: { id } }, { signal }),
  )
  const open = tabs.filter(({ permission }) => can(permission))
  const shown = open.find(({ tab }) => tab === chosen)
  if (!shown) return <Missing />
  const base = `/platform/accounts/${id}`
  return (
    <DetailPage
      title={data?.name ?? ' '}
      id={id}
      status={data && <StatusBadge status={data.status} />}
      back={{ href: '/platform/accounts', label: t.title }}
      actions={data && <AccountActs account={data} />}
      tabs={open.map(({ tab, label }) => ({
        href: tab ? `${base}/${tab}` : base,
        label,
        active: tab === chosen,
      }))}
      loading={!data}
      error={data ? undefined : error}
      retry={retry}
      {...(data && chosen === '' ? { properties: accountProperties(data) } : {})}
    >
      {data && <shown.Tab key={data.id} account={data} />}
    </DetailPage>
  )
}
