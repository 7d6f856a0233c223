import type { TabLink } from '@cockpit/ui'
import { usePathname } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

const tabs = [
  ['people', t.users],
  ['people/teams', t.teams],
  ['people/orgs', t.orgs],
  ['people/service-accounts', t.serviceAccounts],
] as const

/** The four lists of the directory, each with an address of its own. */
export const usePeopleTabs = (): TabLink[] => {
  const { href } = useScope()
  const pathname = usePathname()
  return tabs.map(([path, label]) => ({ href: href(path), label, active: pathname === href(path) }))
}
