import type { PageQuery } from '@cockpit/contract/kit'
import {
  type LabRun,
  type LabRunPatch,
  type LabRunRow,
  type NewLabRun,
  sharedLabRunsMax,
} from '@cockpit/contract/lab-runs'
import { type Clock, type Ctx, changesOf, type Db, newId, Problem, type Tx } from '../../platform/index.ts'
import type { BookedCalls } from './port.ts'
import { labRunRepository, type StoredRun } from './repository.ts'

const beginningChars = 200

type Deps = { db: Db; now: Clock; booked: BookedCalls }

export const createLabRuns = ({ db, now, booked }: Deps) => {
  /** With what its calls cost: of the one who made them, whatever the run says. */
  const shown = async (tx: Tx, run: StoredRun): Promise<LabRun> => {
    const { ownerId, ownerName, createdAt, ...rest } = run
    const ids = run.results.flatMap(({ requestId }) => requestId ?? [])
    const calls = await booked(tx, { userId: ownerId, ids, around: createdAt })
    return {
      ...rest,
      createdAt: createdAt.toISOString(),
      owner: { id: ownerId, name: ownerName ?? ownerId },
      own: ownerId === tx.ctx.actor.id,
      removable: ownerId === tx.ctx.actor.id || mayClear(tx.ctx),
      results: run.results.map((result) => ({ ...result, booked: calls.get(result.requestId ?? '') ?? null })),
    }
  }

  const hold = async (tx: Tx, id: string): Promise<StoredRun> => (await labRunRepository(tx).hold(id)) ?? missing(id)

  return {
    /** Somebody leaves: what only they could see goes with them, what they shared stays. In the transaction of the leaving. */
    forgetPrivateOf: (tx: Tx, userId: string): Promise<number> => labRunRepository(tx).removePrivateOf(userId),

    list: (ctx: Ctx, query: PageQuery & { q?: string | undefined }) =>
      db.tenant(ctx, async (tx) => {
        const { rows, total } = await labRunRepository(tx).page(query)
        const items = rows.slice(0, query.limit)
        return { items: items.map(rowOf), next: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null, total }
      }),

    get: (ctx: Ctx, id: string): Promise<LabRun> =>
      db.tenant(ctx, async (tx) => shown(tx, (await labRunRepository(tx).find(id)) ?? missing(id))),

    create: (ctx: Ctx, input: NewLabRun): Promise<LabRun> =>
      db.tenant(ctx, async (tx) => {
        const id = newId('lab', now())
        await labRunRepository(tx).insert(id, input, now())
        await labRunRepository(tx).makeRoom()
        const run = await hold(tx, id)
        await tx.emit('lab_run.created', { subject: subjectOf(run), after: { models: modelsOf(run) } })
        return shown(tx, run)
      }),

    update: (ctx: Ctx, id: string, { notes, ...patch }: LabRunPatch): Promise<LabRun> =>
      db.tenant(ctx, async (tx) => {
        const before = await hold(tx, id)
        if (patch.votes && patch.votes.length !== before.results.length)
          throw new Problem('input.invalid', 'There is one vote for each result.', {
            errors: [{ pointer: '/votes', detail: `must have ${before.results.length} entries` }],
          })
        if (patch.shared && !before.shared) await requireRoom(tx)
        await labRunRepository(tx).update(id, {
          votes: patch.votes ?? before.votes,
          shared: patch.shared ?? before.shared,
          notes: notes ?? before.notes,
        })
        const run = await hold(tx, id)
        // what somebody noted is nobody else's to read, also not in the audit log
        const changes = changesOf({ votes: before.votes, shared: before.shared }, patch)
        if (changes || before.notes !== run.notes)
          await tx.emit('lab_run.updated', { subject: subjectOf(run), ...(changes ?? {}) })
        return shown(tx, run)
      }),

    remove: (ctx: Ctx, id: string): Promise<void> =>
      db.tenant(ctx, async (tx) => {
        const run = (await labRunRepository(tx).holdToRemove(id, mayClear(ctx))) ?? missing(id)
        await labRunRepository(tx).remove(id)
        await tx.emit('lab_run.deleted', { subject: subjectOf(run), before: { models: modelsOf(run) } })
      }),
  }
}
export type LabRuns = ReturnType<typeof createLabRuns>

/** Who looks after an account clears up what others shared there, also when these have left. */
const mayClear = ({ actor }: Ctx): boolean => actor.permissions.has('settings.write')

const requireRoom = async (tx: Tx): Promise<void> => {
  // two at once must not both see the last free place
  await tx.lock(`lab_runs:${tx.ctx.actor.id}`)
  if ((await labRunRepository(tx).sharedCount()) >= sharedLabRunsMax)
    throw new Problem(
      'lab_run.limit_reached',
      `You share ${sharedLabRunsMax} runs already; stop sharing one, or delete one, first.`,
    )
}

const missing = (id: string): never => {
  throw new Problem('lab_run.not_found', `No run '${id}' of yours, and none that was shared.`)
}

const modelsOf = ({ results }: StoredRun) => results.map(({ model }) => model)
const subjectOf = (run: StoredRun) => ({ type: 'lab_run', id: run.id, name: modelsOf(run).join(', ') })

const rowOf = (run: StoredRun): LabRunRow => ({
  id: run.id,
  createdAt: run.createdAt.toISOString(),
  prompt: run.prompt.slice(0, beginningChars),
  models: modelsOf(run),
  votes: run.votes,
  notes: run.notes.slice(0, beginningChars),
  shared: run.shared,
})
