import type { Permission } from '@cockpit/contract/permissions'
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
  failures: 'Failed sign-ins',
  mail: 'Mail',
  letters: 'Letters',
})

type Tab = readonly [path: string, label: string, needs: Permission]
const everywhere: readonly Tab[] = [
  ['settings/security', t.security, 'identity.read'],
  ['settings/sign-in-failures', t.failures, 'session.manage'],
  ['settings/mail', t.mail, 'identity.read'],
  ['settings/mail/letters', t.letters, 'identity.read'],
]
const ofAccount: readonly Tab[] = [
  ['sso', t.provider, 'identity.read'],
  ['sso/scim', t.scim, 'identity.read'],
  ['sso/scim/groups', t.groups, 'identity.read'],
  ['sso/scim/requests', t.requests, 'identity.read'],
  ...everywhere,
]

/** How people come in: by sign-in, by what an identity source says about them, and who did not. */
export const useSignInTabs = (): TabLink[] => {
  const { accountId, href, can } = useScope()
  const pathname = usePathname()
  return (accountId ? ofAccount : everywhere)
    .filter(([, , needs]) => can(needs))
    .map(([path, label]) => ({ href: href(path), label, active: pathname === href(path) }))
}
