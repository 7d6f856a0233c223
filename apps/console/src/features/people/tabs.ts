import type { Permission } from '@cockpit/contract/permissions'
import type { TabLink } from '@cockpit/ui'
import { usePathname } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

const tabs: readonly (readonly [path: string, label: string, needs?: Permission])[] = [
  ['people', t.users],
  ['people/teams', t.teams],
  ['people/orgs', t.orgs, 'directory.read'],
  ['people/invites', t.invites, 'directory.write'],
  ['people/service-accounts', t.serviceAccounts, 'directory.read'],
]

/** The lists of the directory, each with an address of its own. */
export const usePeopleTabs = (): TabLink[] => {
  const { can, href } = useScope()
  const pathname = usePathname()
  return tabs
    .filter(([, , needs]) => !needs || can(needs))
    .map(([path, label]) => ({ href: href(path), label, active: pathname === href(path) }))
}
