import type { Actor, Ctx } from './context.ts'
import { Problem } from './problem.ts'

const askEveryMs = 2_000

type Watched = {
  ctx: Ctx
  /** Admits the same request anew; throws the problem when it may no longer be here. */
  again: () => Promise<{ ctx: Ctx }>
  /** Ends the answer. With a problem, the reader is told why. */
  end: (reason?: Problem) => void
}

/**
 * Keeps asking whether whoever reads an answer without end may still read it, and all of it: a session ends, somebody is
 * suspended or loses a role, and their stream must not go on. Whose rights changed reads on by asking anew. The answer
 * stops the asking.
 */
export const watchStanding = ({ ctx, again, end }: Watched): (() => void) => {
  const granted = rightsIn(ctx)
  let isAsking = false
  const ask = async () => {
    if (isAsking) return
    isAsking = true
    try {
      const now = await again()
      if (rightsIn(now.ctx) !== granted) end()
    } catch (error) {
      // a database that is away for a moment takes no rights
      if (error instanceof Problem && error.status < 500) end(error)
    } finally {
      isAsking = false
    }
  }
  const timer = setInterval(() => void ask(), askEveryMs)
  timer.unref()
  return () => clearInterval(timer)
}

const rightsIn = ({ accountId, actor }: Ctx): string => {
  const { permissions, delegated, isPlatform, isSuperAdmin }: Actor = actor
  const parts = [...delegated].map(([permission, where]) => [permission, where.orgIds, where.teamIds])
  return JSON.stringify([accountId, isPlatform, isSuperAdmin, [...permissions].sort(), parts.sort()])
}
