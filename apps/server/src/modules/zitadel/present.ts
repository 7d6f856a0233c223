import type {
  RunResult,
  RunStatus,
  UnresolvedAdmin,
  ZitadelRun,
  ZitadelRunStep,
} from '@cockpit/contract/zitadel-shapes'
import { standardRoles } from './model.ts'
import type { Planned, Wanted } from './plan.ts'
import { StepInput } from './plan.ts'
import { presentStep, type StoredRun } from './runs-repository.ts'

/** A run as the API tells it. */
export const presentRun = (run: StoredRun): ZitadelRun => {
  const done = run.steps.map((row) => ({ ...presentStep(row), input: StepInput.parse(row.input) }))
  const steps = done.map(({ input, ...step }) => step)
  const people = done.flatMap(({ input }) => input.person ?? [])
  const unresolved = run.unresolved as unknown as UnresolvedAdmin[]
  return {
    id: run.id as `zrun_${string}`,
    accountId: run.account_id as `acc_${string}`,
    kind: run.kind as ZitadelRun['kind'],
    status: run.status as RunStatus,
    projectId: run.project_id,
    organizationId: run.organization_id,
    createdBy: run.created_by,
    createdAt: run.created_at.toISOString(),
    startedAt: run.started_at?.toISOString() ?? null,
    finishedAt: run.finished_at?.toISOString() ?? null,
    steps,
    summary: summaryOf(steps, people.length + unresolved.length),
    result: resultOf(done, (run.wanted as unknown as Wanted).rolePrefix),
    unresolvedAdmins: unresolved,
    resolvedUserIds: Object.fromEntries(people.map(({ email, zitadelUserId }) => [email, zitadelUserId])),
  }
}

const dryly: Record<Planned['steps'][number]['status'], string> = {
  create: 'It would be created.',
  update: 'It would be changed.',
  exists: 'It is there already.',
  skipped: 'Nothing to do.',
  conflict: 'Somebody has to decide.',
}

/** A plan told as the run it would be; nothing of it is kept. */
export const presentDryRun = (
  { steps, unresolved, resolved }: Planned,
  wanted: Wanted,
  who: { accountId: string; createdBy: string; at: Date },
): ZitadelRun => {
  const done = steps.map(
    ({ key, kind, target, status, message, roleKeys, input }): DoneStep => ({
      input: StepInput.parse(input),
      key,
      kind,
      target,
      status: status === 'conflict' ? 'conflict' : status === 'exists' ? 'exists' : 'skipped',
      message: message ?? dryly[status],
      roleKeys,
      attempts: 0,
      startedAt: null,
      finishedAt: null,
    }),
  )
  const told = done.map(({ input, ...step }) => step)
  return {
    id: null,
    accountId: who.accountId as `acc_${string}`,
    kind: wanted.kind,
    status: 'dry_run',
    projectId: wanted.projectId,
    organizationId: wanted.organizationId,
    createdBy: who.createdBy,
    createdAt: who.at.toISOString(),
    startedAt: null,
    finishedAt: null,
    steps: told,
    summary: summaryOf(told, Object.keys(resolved).length + unresolved.length),
    result: resultOf(done, wanted.rolePrefix),
    unresolvedAdmins: unresolved,
    resolvedUserIds: resolved,
  }
}

type DoneStep = ZitadelRunStep & { input: StepInput }

const resultOf = (done: readonly DoneStep[], rolePrefix: string | null): RunResult => {
  const baseKeys = new Map(standardRoles(rolePrefix).map(({ key, baseKey }) => [key, baseKey]))
  return {
    zitadelConfig: done.find(({ input }) => input.config)?.input.config ?? null,
    roles: done.flatMap(({ input: { role }, status, message }) =>
      role ? [{ ...role, baseKey: baseKeys.get(role.key) ?? role.key, status, message }] : [],
    ),
    grants: done.flatMap(({ input: { person }, status, message, roleKeys }) => {
      if (!person) return []
      const { email, zitadelUserId, role } = person
      return [{ email, zitadelUserId, role, roleKeys, status, message }]
    }),
  }
}

const summaryOf = (steps: readonly ZitadelRunStep[], adminsTotal: number): ZitadelRun['summary'] => ({
  configUpdated: steps.some(({ kind, status }) => kind === 'config' && status === 'updated'),
  roleSyncSummary: countsOf(steps.filter(({ kind }) => kind === 'role')),
  adminGrantSummary: countsOf(steps.filter(({ kind }) => kind === 'authorization')),
  adminsTotal,
})

const countsOf = (steps: readonly ZitadelRunStep[]) => {
  const count = (...among: ZitadelRunStep['status'][]) => steps.filter(({ status }) => among.includes(status)).length
  return {
    created: count('created'),
    updated: count('updated'),
    exists: count('exists'),
    skipped: count('skipped'),
    failed: count('failed', 'conflict'),
  }
}
