import type { TabLink } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { usePathname } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('signInTabs', {
  provider: 'Identity provider',
  scim: 'Provisioning',
  groups: 'Groups',
  requests: 'Provisioning log',
  security: 'Security',
})

const tabs = [
  ['sso', t.provider],
  ['sso/scim', t.scim],
  ['sso/scim/groups', t.groups],
  ['sso/scim/requests', t.requests],
  ['settings/security', t.security],
] as const

/** How people come into the account: by sign-in, and by what an identity source says about them. */
export const useSignInTabs = (): TabLink[] => {
  const { href } = useScope()
  const pathname = usePathname()
  return tabs.map(([path, label]) => ({ href: href(path), label, active: pathname === href(path) }))
}
