import type { MemberSource } from '@cockpit/contract/directory'
import { messages } from '../../app/i18n.ts'

const words = messages('memberSources', { manual: 'By hand', sso: 'Sign-in (SSO)', scim: 'Synchronised (SCIM)' })

/** Who looks after a membership. */
export const sourceName = (source: MemberSource): string => words[source]
