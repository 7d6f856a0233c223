/**
 * Which events change what decides: the rules of an account or the platform, and who has which role there. The version of
 * the policy beside each later event names the last of them.
 */
import { createHash } from 'node:crypto'
import type { RoleName } from '@cockpit/contract/kit'
import { rolePermissions, sectionPermissions } from '@cockpit/contract/permissions'
import { type Actor, platformAccount } from './context.ts'

const decidingNouns: ReadonlySet<string> = new Set([
  'access_settings',
  'deny_rule',
  'directory_policy',
  'domain',
  'platform_person',
  'role',
  'role_assignment',
  'scim_rules',
  'security',
])
const decidingEvents: ReadonlySet<string> = new Set(['sso.removed', 'sso.updated', 'zitadel.config_changed'])

type Told = { name: string; outcome: string; before: object | null; after: object | null }

export const decides = ({ name, outcome, before, after }: Told): boolean => {
  if (outcome !== 'done') return false
  const noun = name.slice(0, name.indexOf('.'))
  // people and the account itself, as far as it is about what they may do
  if (noun === 'user' || noun === 'account')
    return [before, after].some((values) => values && ('role' in values || 'status' in values))
  return decidingNouns.has(noun) || decidingEvents.has(name)
}

/** The built-in roles by their content, for the whole account and for a part of it. */
const builtIn = createHash('sha256')
  .update(
    JSON.stringify(
      Object.entries(rolePermissions).map(([role, held]) => [
        role,
        [...held].sort(),
        [...sectionPermissions(role as RoleName)].sort(),
      ]),
    ),
  )
  .digest('hex')
  .slice(0, 12)

type Place = { accountId: string; policySeq: number }

/**
 * By which rules somebody was let do something: the built-in roles, and the events of the platform (`p`) and the account
 * (`a`) that last changed what decides about them. Of whoever was looked up for the request it counts what was read then;
 * of others, how far the chain of the event is.
 */
export const policyVersion = ({ policy, isPlatform }: Pick<Actor, 'policy' | 'isPlatform'>, here: Place): string => {
  const seq = policy?.accountId === here.accountId ? policy.seq : here.policySeq
  if (here.accountId === platformAccount) return `${builtIn}.p${seq}`
  const ofPlatform = isPlatform && policy?.accountId === platformAccount ? `.p${policy.seq}` : ''
  return `${builtIn}${ofPlatform}.a${seq}`
}
