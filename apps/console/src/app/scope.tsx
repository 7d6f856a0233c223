import type { MeContext } from '@cockpit/contract/identity'
import type { Permission } from '@cockpit/contract/permissions'
import { createContext, type ReactNode, useContext } from 'react'
import { type Api, apiFor } from './api.ts'
import type { Area } from './page-kit.ts'

/** Where the reader is: an account or the platform, and what they may do there. */
export type Scope = {
  /** Null on platform pages. */
  accountId: string | null
  api: Api
  me: MeContext
  can: (permission: Permission) => boolean
  /** Whether they may do it in this team: as in the whole account, or because that part is theirs. */
  canIn: (permission: Permission, teamId: string) => boolean
  /** Whether there is such a page (its path in `pages.ts`) and this person may open it. */
  opens: (path: string, area: Area) => boolean
  /** The address of a page in this scope: `href('keys')` → `/a/acc_…/keys`. */
  href: (path: string) => string
}

const ScopeContext = createContext<Scope | null>(null)

export const ScopeProvider = ({
  accountId,
  me,
  opens,
  children,
}: {
  accountId: string | null
  me: MeContext
  opens: Scope['opens']
  children: ReactNode
}) => {
  const permissions = new Set<string>(me.permissions)
  const scope: Scope = {
    accountId,
    api: apiFor(accountId),
    me,
    can: (permission) => permissions.has(permission),
    canIn: (permission, teamId) =>
      permissions.has(permission) ||
      me.delegated.some((part) => part.permission === permission && part.teamIds.includes(teamId)),
    opens,
    href: (path) => `${baseOf(accountId)}/${path}`,
  }
  return <ScopeContext value={scope}>{children}</ScopeContext>
}

export const baseOf = (accountId: string | null): string => (accountId ? `/a/${accountId}` : '/platform')

export const useScope = (): Scope => {
  const scope = useContext(ScopeContext)
  if (!scope) throw new Error('useScope needs a page inside an account or the platform')
  return scope
}
