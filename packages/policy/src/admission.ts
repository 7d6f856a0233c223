import type { Route } from '@cockpit/contract/kit'
import { type Permission, permissionFacts } from '@cockpit/contract/permissions'
import type { ProblemCode } from '@cockpit/contract/problems'
import type { AccessRights } from './access.ts'

/** Who asks, as far as admission cares. */
export type Caller = AccessRights & {
  isPlatform: boolean
  /** The account they act in; null for the platform itself, or for somebody without one. */
  accountId: string | null
  /** Set while somebody else sees the product as this person. */
  impersonated: { writes: boolean } | null
}
type AdmittedRoute = Pick<
  Route,
  'method' | 'permission' | 'scope' | 'delegable' | 'stepUp' | 'asOther' | 'changesNothing'
>

/** One rule that was asked, and how it answered. */
export type AdmissionStep = { rule: 'impersonation' | 'scope' | 'permission' | 'account'; ok: boolean; detail: string }
export type Admission = {
  steps: readonly AdmissionStep[]
  refused: { code: ProblemCode; detail: string } | null
}

type Answer = { detail: string; refused?: ProblemCode }
type Rule = { rule: AdmissionStep['rule']; ask: (route: AdmittedRoute, caller: Caller) => Answer | null }

/** In the order they are asked; the first that refuses decides. */
const rules: readonly Rule[] = [
  { rule: 'impersonation', ask: (route, caller) => (caller.impersonated ? asOther(route, caller.impersonated) : null) },
  {
    rule: 'scope',
    ask: ({ scope }, { isPlatform }) =>
      scope !== 'platform'
        ? null
        : isPlatform
          ? { detail: 'Has a role of the platform.' }
          : { refused: 'access.denied', detail: 'Only people with a role of the platform may do this.' },
  },
  { rule: 'permission', ask: (route, caller) => permitted(route, caller) },
  {
    rule: 'account',
    ask: ({ scope, permission }, { accountId, isPlatform }) => {
      if (accountId !== null || (scope !== 'account' && scope !== 'any')) return null
      if (scope === 'account')
        return { refused: 'account.required', detail: 'Choose an account with the header `x-account-id`.' }
      return permission === 'signed-in' || isPlatform
        ? null
        : { refused: 'access.denied', detail: 'You do not belong to an account yet.' }
    },
  },
]

/** Whether a known caller may use a route. The server refuses with it, and `simulate` shows its steps. */
export const admission = (route: AdmittedRoute, caller: Caller): Admission => {
  const steps: AdmissionStep[] = []
  for (const { rule, ask } of rules) {
    const answer = ask(route, caller)
    if (!answer) continue
    const { refused, detail } = answer
    steps.push({ rule, ok: !refused, detail })
    if (refused) return { steps, refused: { code: refused, detail } }
  }
  return { steps, refused: null }
}

const permitted = ({ permission, delegable }: AdmittedRoute, { permissions, delegated }: Caller): Answer => {
  if (permission === 'public' || permission === 'signed-in') return { detail: 'Needs no permission.' }
  if (permissions.has(permission)) return { detail: `Holds '${permission}' everywhere.` }
  if (delegable && delegated.has(permission)) return { detail: `Holds '${permission}' in a part of the account.` }
  return { refused: 'access.denied', detail: `This needs the permission '${permission}'.` }
}

const reading = new Set(['GET'])

/** Who sees the product as somebody else looks, and never touches what proves who that person is. */
const asOther = (route: AdmittedRoute, { writes }: { writes: boolean }): Answer | null => {
  const { method, permission, scope, stepUp, changesNothing } = route
  const reads = reading.has(method) || changesNothing === true
  if (route.asOther === 'always') return null
  const isPersonal = scope === 'none' && permission === 'signed-in'
  const mayChange = permission in permissionFacts && permissionFacts[permission as Permission].asOther
  if (route.asOther === 'never' || stepUp === true || isPersonal || (!reads && !mayChange))
    return {
      refused: 'impersonation.forbidden',
      detail: 'Nobody does this while they see the product as somebody else.',
    }
  if (!reads && !writes)
    return { refused: 'impersonation.read_only', detail: 'You see the product as somebody else, and may only look.' }
  return { detail: 'Possible while seeing the product as somebody else.' }
}
