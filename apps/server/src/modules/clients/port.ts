import type { Actor, Tx } from '../../platform/index.ts'

/** What the clients room asks of the access room: what a service account may do now. */
export type RightsOf = (
  tx: Tx,
  who: { kind: 'service_account'; id: string; accountId: string; roles: readonly never[] },
) => Promise<Pick<Actor, 'permissions' | 'delegated'>>
