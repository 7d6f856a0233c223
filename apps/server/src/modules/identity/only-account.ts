import type { Tx } from '../../platform/index.ts'
import { sessionRepository } from './sessions-repository.ts'

/** The account whose own provider vouches for the caller, by a session or a token; they reach nothing beyond it. */
export const onlyAccountOf = async (tx: Tx): Promise<string | null> => {
  const { sessionId, login, accountId } = tx.ctx
  if (sessionId !== null) return sessionRepository(tx).onlyAccountOf(sessionId)
  return login?.provider === 'sso' ? accountId : null
}
