import type { TabLink } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { usePathname } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('accessTabs', {
  roles: 'Roles',
  matrix: 'Matrix',
  assignments: 'Assignments',
  requests: 'Requests',
  rules: 'Deny rules',
  review: 'Review',
  simulate: 'Simulate',
})
const tabs = [
  ['access', t.roles],
  ['access/matrix', t.matrix],
  ['access/assignments', t.assignments],
  ['access/requests', t.requests],
  ['access/rules', t.rules],
  ['access/review', t.review],
  ['access/simulate', t.simulate],
] as const

/** The pages about access that this person may open, each with an address of its own. */
export const useAccessTabs = (): TabLink[] => {
  const { href, opens } = useScope()
  const pathname = usePathname()
  return tabs
    .filter(([path]) => opens(path, 'account'))
    .map(([path, label]) => ({ href: href(path), label, active: pathname === href(path) }))
}
