import type { TabLink } from '@cockpit/ui'
import { useScope } from '../../app/scope.tsx'
import { tabText } from './strings.ts'

const tabs = ['events', 'proof', 'retention', 'destinations'] as const
export type AuditTab = (typeof tabs)[number]

export const useAuditTabs = (active: AuditTab): TabLink[] => {
  const { href, can } = useScope()
  const shown = tabs.filter((tab) => tab !== 'destinations' || can('audit.manage'))
  return shown.map((tab) => ({
    href: href(tab === 'events' ? 'audit' : `audit/${tab}`),
    label: tabText[tab],
    active: tab === active,
  }))
}
