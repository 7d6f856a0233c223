/**
 * Writes down refused attempts and looks at sensitive data. The same thing by the same caller is one row when it begins
 * and one for all its repeats in a minute. Of refusals a process writes so many rows a minute and no more; what is
 * beyond them is counted. So a flood of refusals costs a counter each, and neither disk nor server feels it.
 */
import {
  type Attempt,
  type Clock,
  type Ctx,
  type Db,
  type EventStory,
  type Log,
  type Look,
  systemCtx,
  type Tx,
  type Witness,
} from '../../platform/index.ts'

export type WitnessDeps = {
  db: Db
  now: Clock
  log: Log
  /** The account whose admins should know that somebody tried to sign in with this address. */
  homeOf: (tx: Tx, email: string) => Promise<string | null>
  /** How a person is called. */
  nameOf: (tx: Tx, userId: string) => Promise<string | null>
  /** New rows of refusals in one window, of the process and of each account in it. */
  rowsMax?: number
  rowsPerAccountMax?: number
  windowMs?: number
  /** How long new rows gather before they are written. */
  gatherMs?: number
}
type Tally = { ctx: Ctx; name: string; story: EventStory; repeats: number }
/** Looks counted at once; beyond them every look is a row of its own, so that none is lost. */
const looksMax = 10_000

export const createWitness = (deps: WitnessDeps): Witness & { stop(): Promise<void> } => {
  const {
    db,
    now,
    log,
    homeOf,
    nameOf,
    rowsMax = 120,
    rowsPerAccountMax = 40,
    windowMs = 60_000,
    gatherMs = 250,
  } = deps
  const looks = new Map<string, Tally>()
  const refusals = new Map<string, Tally>()
  const rowsOf = new Map<string, number>()
  /** Refusals that got no row, by account. */
  const beyond = new Map<string, number>()
  let fresh: Tally[] = []
  let timers: NodeJS.Timeout[] = []
  let writing: Promise<void> = Promise.resolve()

  const write = ({ ctx, name, story }: Tally) =>
    db.platform(ctx, async (tx) => {
      const { type, id } = story.subject
      const email = type === 'email' ? id : null
      const subject = type === 'user' ? { type, id, name: (await nameOf(tx, id)) ?? id } : story.subject
      await tx.emit(name, { ...story, subject, accountId: (email && (await homeOf(tx, email))) ?? ctx.accountId })
    })

  const writeAll = (tallies: readonly Tally[]) => {
    writing = writing.then(async () => {
      for (const tally of tallies)
        await write(tally).catch((error: unknown) =>
          log.error({ err: error, event: tally.name, subject: tally.story.subject }, 'audit event not written'),
        )
    })
    return writing
  }

  const writeFresh = () => {
    const tallies = fresh
    fresh = []
    return writeAll(tallies)
  }

  const closeWindow = () => {
    for (const timer of timers) clearTimeout(timer)
    timers = []
    const repeated = [...refusals.values(), ...looks.values()].filter(({ repeats }) => repeats > 0).map(repeatsOf)
    const uncounted = [...beyond].map(([accountId, count]) => moreOf(accountId, count))
    for (const counted of [refusals, looks, rowsOf, beyond]) counted.clear()
    void writeFresh()
    return writeAll([...repeated, ...uncounted])
  }

  const openWindow = () => {
    if (timers.length === 0) timers = [setTimeout(closeWindow, windowMs).unref()]
  }

  return {
    denied(ctx, attempt) {
      openWindow()
      const tally = refusal(ctx, attempt)
      const key = keyOf(tally)
      const known = refusals.get(key)
      if (known) return void known.repeats++
      const ofAccount = rowsOf.get(ctx.accountId) ?? 0
      if (refusals.size >= rowsMax || ofAccount >= rowsPerAccountMax)
        return void beyond.set(ctx.accountId, (beyond.get(ctx.accountId) ?? 0) + 1)
      refusals.set(key, tally)
      rowsOf.set(ctx.accountId, ofAccount + 1)
      if (fresh.push(tally) === 1) timers.push(setTimeout(writeFresh, gatherMs).unref())
    },

    async looked(ctx, look) {
      openWindow()
      const tally = lookAt(ctx, look)
      const key = keyOf(tally)
      const known = looks.get(key)
      if (known) return void known.repeats++
      await write(tally)
      if (looks.size < looksMax) looks.set(key, tally)
    },

    /** Writes what is still counted. */
    stop: () => closeWindow(),
  }

  function moreOf(accountId: string, count: number): Tally {
    const subject = { type: 'account', id: accountId, name: 'Refused attempts' }
    const after = { count, until: now().toISOString() }
    return {
      ctx: systemCtx('audit', accountId),
      name: 'access.denied_more',
      repeats: 0,
      story: { subject, after, outcome: 'denied' },
    }
  }
}

const refusal = (ctx: Ctx, { route, params, problem, claimed }: Attempt): Tally => {
  const signIn = problem.status !== 403
  const line = `${route.method} ${route.path}`
  return {
    ctx,
    name: signIn ? 'sign_in.failed' : 'access.denied',
    repeats: 0,
    story: {
      subject: claimed
        ? { type: 'email', id: claimed, name: claimed }
        : { type: 'route', id: line, name: route.summary },
      after: {
        route: line,
        code: (problem.reason ?? problem).code,
        detail: (problem.reason ?? problem).detail,
        ...(Object.keys(params).length > 0 && { params }),
      },
      outcome: 'denied',
    },
  }
}

const lookAt = (ctx: Ctx, { route, params }: Look): Tally => {
  const line = `${route.method} ${route.path}`
  const name = route.emits ?? 'sensitive.read'
  const subject = params.id
    ? { type: name.split('.')[0] ?? name, id: params.id, name: params.id }
    : { type: 'route', id: line, name: route.summary }
  return { ctx, name, repeats: 0, story: { subject, after: { route: line }, outcome: 'read' } }
}

const repeatsOf = ({ story, repeats, ...tally }: Tally): Tally => ({
  ...tally,
  repeats: 0,
  story: { ...story, after: { ...story.after, repeats } },
})

const keyOf = ({ ctx, name, story }: Tally): string =>
  [
    ctx.accountId,
    ctx.actor.id,
    ctx.impersonator?.id,
    ctx.sessionId,
    ctx.ip,
    name,
    JSON.stringify([story.subject, story.after]),
  ].join('|')
