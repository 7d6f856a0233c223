import { systemCtx } from '../../platform/index.ts'
import { type Done, doStep, type Work } from './apply.ts'
import { type Deps, inAccount } from './deps.ts'
import { notConfigured, wordsOf } from './failing.ts'
import type { StepRow, StoredRun } from './runs-repository.ts'
import { runRepository } from './runs-repository.ts'

const leaseMs = 20_000
const renewEveryMs = 5_000

/**
 * Does runs, one after the other, step by step. A process that dies leaves its run where it was: when the lease has passed
 * another goes on, and repeats at most the step it was in.
 */
export const createRunWorker = (deps: Deps) => {
  const { db, now, log } = deps
  const until = () => new Date(now().getTime() + leaseMs)
  const platform = systemCtx('zitadel')

  const record = (run: StoredRun, step: StepRow, { status, message, roleKeys, event }: Done) =>
    inAccount(deps, ctxOf(run), run.account_id, async (tx) => {
      const change = {
        status,
        message: message ?? null,
        finished_at: now(),
        ...(roleKeys && { role_keys: [...roleKeys] }),
      }
      await runRepository(tx).setStep(step, change)
      if (event) await tx.emit(event.name, event)
      Object.assign(step, change)
    })

  const perform = async (run: StoredRun, step: StepRow): Promise<void> => {
    const started = { status: 'running', attempts: step.attempts + 1, started_at: now() }
    await db.platform(platform, (tx) => runRepository(tx).setStep(step, started))
    Object.assign(step, started)
    let done: Done
    try {
      const { api } = deps
      if (!api) throw notConfigured()
      const work: Work = { ...deps, api, ctx: ctxOf(run), run }
      done = await doStep(work, step)
    } catch (error) {
      const message = wordsOf(error) ?? (error instanceof Error && 'detail' in error ? String(error.detail) : null)
      if (message === null)
        log.error({ err: error, runId: run.id, step: step.key }, 'step of a provisioning run failed')
      done = { status: 'failed', message: message ?? 'Something went wrong inside Cockpit; its log tells more.' }
    }
    await record(run, step, done)
  }

  const finish = (run: StoredRun) =>
    inAccount(deps, ctxOf(run), run.account_id, async (tx) => {
      const failed = run.steps.filter(({ status }) => status === 'failed' || status === 'conflict')
      const status = failed.length > 0 ? 'incomplete' : 'succeeded'
      await runRepository(tx).finish(run.account_id, run.id, status, now())
      await tx.emit('zitadel.run_finished', {
        subject: { type: 'zitadel_run', id: run.id, name: run.kind },
        after: { status, failed: failed.map(({ key }) => key) },
      })
    })

  return {
    /** Does one run that waits; false when none does. */
    async next(signal: AbortSignal): Promise<boolean> {
      const run = await db.platform(platform, (tx) => runRepository(tx).claim(now(), until()))
      if (!run) return false
      const renewing = setInterval(() => {
        db.platform(platform, (tx) => runRepository(tx).renew(run.account_id, run.id, until())).catch(
          (error: unknown) => log.warn({ err: error, runId: run.id }, 'lease of a provisioning run not renewed'),
        )
      }, renewEveryMs)
      try {
        for (const step of run.steps) {
          if (step.status !== 'pending' && step.status !== 'running') continue
          if (signal.aborted) break
          await perform(run, step)
        }
        if (!signal.aborted) await finish(run)
      } finally {
        clearInterval(renewing)
      }
      // what is left is done by whoever takes the run over, at once
      if (signal.aborted)
        await db.platform(platform, (tx) => runRepository(tx).renew(run.account_id, run.id, new Date(0)))
      return true
    },
  }
}
export type RunWorker = ReturnType<typeof createRunWorker>

/** The work is Cockpit's own; who wanted it stands in the event that started the run. */
const ctxOf = (run: StoredRun) => systemCtx('zitadel', run.account_id)
