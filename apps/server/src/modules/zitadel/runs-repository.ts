import type { RunKind, StepStatus, UnresolvedAdmin, ZitadelRunStep } from '@cockpit/contract/zitadel-shapes'
import { sql as raw, type Selectable } from 'kysely'
import { cutPage, type DB, jsonb, type Tx } from '../../platform/index.ts'
import type { PlannedStep, Wanted } from './plan.ts'

/** Work waits: a run, or a comparison. The payload is empty. */
export const workChannel = 'cockpit_zitadel_work'
/** A run changed; the payload is its id. */
export const runChannel = 'cockpit_zitadel_run'

type RunRow = Selectable<DB['zitadel_runs']>
export type StepRow = Selectable<DB['zitadel_run_steps']>
export type StoredRun = RunRow & { steps: StepRow[] }
type NewRun = {
  id: string
  kind: RunKind
  wanted: Wanted
  steps: readonly PlannedStep[]
  unresolved: readonly UnresolvedAdmin[]
  createdBy: string
  at: Date
}

/** Runs of provisioning and their steps. Platform transactions only. */
export const runRepository = ({ sql, lock }: Tx) => {
  const announce = (channel: string, payload: string) => raw`select pg_notify(${channel}, ${payload})`.execute(sql)
  const withSteps = async (rows: readonly RunRow[]): Promise<StoredRun[]> => {
    if (rows.length === 0) return []
    const steps = await sql
      .selectFrom('zitadel_run_steps')
      .selectAll()
      .where(
        'run_id',
        'in',
        rows.map(({ id }) => id),
      )
      .orderBy('position')
      .execute()
    return rows.map((row) => ({ ...row, steps: steps.filter((step) => step.run_id === row.id) }))
  }
  const of = (accountId: string) => sql.selectFrom('zitadel_runs').selectAll().where('account_id', '=', accountId)

  return {
    async insert(accountId: string, { id, kind, wanted, steps, unresolved, createdBy, at }: NewRun) {
      await sql
        .insertInto('zitadel_runs')
        .values({
          account_id: accountId,
          id,
          kind,
          status: 'queued',
          project_id: wanted.projectId,
          organization_id: wanted.organizationId,
          wanted: jsonb(wanted as never),
          unresolved: jsonb(unresolved as never),
          created_by: createdBy,
          created_at: at,
        })
        .execute()
      await sql
        .insertInto('zitadel_run_steps')
        .values(
          steps.map(({ key, kind, target, status, message, roleKeys, input }, position) => ({
            account_id: accountId,
            run_id: id,
            position,
            key,
            kind,
            target,
            // what the plan leaves alone is not tried
            status: status === 'conflict' || status === 'skipped' ? status : 'pending',
            message,
            role_keys: roleKeys,
            input: jsonb(input as never),
          })),
        )
        .execute()
      await announce(workChannel, '')
    },
    async find(accountId: string, id: string): Promise<StoredRun | null> {
      const [run] = await withSteps(await of(accountId).where('id', '=', id).execute())
      return run ?? null
    },
    async page(accountId: string, { limit, after }: { limit: number; after?: string | undefined }) {
      const rows = await of(accountId)
        .$if(after !== undefined, (query) => query.where('id', '<', after ?? ''))
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await sql
        .selectFrom('zitadel_runs')
        .where('account_id', '=', accountId)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(await withSteps(rows), limit, (row) => row), total: Number(total) }
    },
    /** The oldest run that nobody works at, one at a time for an account. A dead process's run is taken over. */
    async claim(at: Date, until: Date): Promise<StoredRun | null> {
      // two processes at once must not each take a run of one account: neither sees yet that the other works at it
      await lock('zitadel_claim')
      const free = sql
        .selectFrom('zitadel_runs as r')
        .select(['r.account_id', 'r.id'])
        .where((e) =>
          e.or([e('r.status', '=', 'queued'), e.and([e('r.status', '=', 'running'), e('r.leased_until', '<', at)])]),
        )
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('zitadel_runs as other')
                .select('other.id')
                .whereRef('other.account_id', '=', 'r.account_id')
                .whereRef('other.id', '<>', 'r.id')
                .where('other.status', '=', 'running')
                .where('other.leased_until', '>=', at),
            ),
          ),
        )
        .orderBy('r.created_at')
        .limit(1)
        .forUpdate()
        .skipLocked()
      const row = await free.executeTakeFirst()
      if (!row) return null
      const [claimed] = await withSteps(
        await sql
          .updateTable('zitadel_runs')
          .set((e) => ({
            status: 'running',
            leased_until: until,
            started_at: e.fn.coalesce('started_at', e.val(at)),
            finished_at: null,
          }))
          .where('account_id', '=', row.account_id)
          .where('id', '=', row.id)
          .returningAll()
          .execute(),
      )
      return claimed ?? null
    },
    async renew(accountId: string, id: string, until: Date) {
      await sql
        .updateTable('zitadel_runs')
        .set({ leased_until: until })
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .where('status', '=', 'running')
        .execute()
    },
    async setStep(step: StepRow, change: Partial<Omit<StepRow, 'input'>>) {
      await sql
        .updateTable('zitadel_run_steps')
        .set(change)
        .where('account_id', '=', step.account_id)
        .where('run_id', '=', step.run_id)
        .where('position', '=', step.position)
        .execute()
      await announce(runChannel, step.run_id)
    },
    async finish(accountId: string, id: string, status: 'succeeded' | 'incomplete', at: Date) {
      await sql
        .updateTable('zitadel_runs')
        .set({ status, finished_at: at, leased_until: null })
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .execute()
      await announce(runChannel, id)
    },
    /** What failed, and the check at the end, is to be done again; what is done stays done. */
    async requeue(accountId: string, id: string) {
      await sql
        .updateTable('zitadel_run_steps')
        .set({ status: 'pending', message: null, finished_at: null })
        .where('account_id', '=', accountId)
        .where('run_id', '=', id)
        .where((e) => e.or([e('status', 'in', ['failed', 'conflict', 'running']), e('kind', '=', 'verify')]))
        .execute()
      await sql
        .updateTable('zitadel_runs')
        .set({ status: 'queued', finished_at: null, leased_until: null })
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .execute()
      await announce(workChannel, '')
    },
  }
}

export const presentStep = (row: StepRow): ZitadelRunStep => ({
  key: row.key,
  kind: row.kind as ZitadelRunStep['kind'],
  target: row.target,
  status: row.status as StepStatus,
  message: row.message,
  roleKeys: row.role_keys,
  attempts: row.attempts,
  startedAt: row.started_at?.toISOString() ?? null,
  finishedAt: row.finished_at?.toISOString() ?? null,
})
