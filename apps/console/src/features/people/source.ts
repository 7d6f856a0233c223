import type { MemberSource } from '@cockpit/contract/directory'
import { messages } from '../../app/i18n.ts'

const words = messages('memberSources', { manual: 'By hand', sso: 'Sign-in (SSO)', scim: 'Synchronised (SCIM)' })

/** Who looks after a membership. */
export const sourceName = (source: MemberSource): string => words[source]

/** How a sign-in found the account, by the step of account resolution. */
export const provenBy: Readonly<Record<string, string>> = messages('proven-by', {
  zitadel_org: 'Home organisation',
  granted_org: 'Organisation that granted a role',
  verified_domain: 'Verified domain of the e-mail',
  account_issuer: 'Identity provider of the account',
  platform_org: 'Organisation of the platform',
})
