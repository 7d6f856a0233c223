import type { LimitScopeType } from '@cockpit/contract/limits'

/** What an account limits, and what the platform does. */
export const scopesFor = (accountId: string | null): readonly LimitScopeType[] =>
  accountId === null ? ['platform', 'model'] : ['account', 'org', 'team', 'user', 'key', 'model', 'tag']
