import type { Actor, Tx } from '../../platform/index.ts'

/** What the clients room asks of the access room: what a service account may do now. */
export type RightsOf = (
  tx: Tx,
  who: { kind: 'service_account'; id: string; accountId: string; roles: readonly never[] },
) => Promise<Pick<Actor, 'permissions' | 'delegated'>>

/** What the clients room asks of the access room: refuses what is done with a service account that may do more than the caller. */
export type RefuseHigherProgram = (tx: Tx, id: string, what: { act: string; becomesIt?: boolean }) => Promise<void>
