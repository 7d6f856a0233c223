/** Does the steps of a run. Each looks first and does only what is missing, so that doing one twice changes nothing. */
import type { ZitadelConfigInput } from '@cockpit/contract/zitadel-shapes'
import type { Ctx, Tx } from '../../platform/index.ts'
import { type Deps, inAccount } from './deps.ts'
import { extendGrant, grantPerson } from './granting.ts'
import { lacking, organizationSubject } from './model.ts'
import { StepInput } from './plan.ts'
import type { Place, ZitadelApi } from './port.ts'
import type { StepRow, StoredRun } from './runs-repository.ts'
import { existing, storeConfig } from './settings.ts'
import { settingsRepository } from './settings-repository.ts'
import { onceVisible, settled } from './settled.ts'

export type Done = {
  status: 'created' | 'updated' | 'exists' | 'skipped' | 'verified' | 'failed'
  message?: string
  roleKeys?: readonly string[]
  /** What is told in the story of the account, with the result of the step. */
  event?: { name: string; subject: { type: string; id: string; name: string }; before?: object; after: object }
}
export type Work = Deps & { api: ZitadelApi; ctx: Ctx; run: StoredRun }

export const doStep = (work: Work, step: StepRow): Promise<Done> => {
  const input = StepInput.parse(step.input)
  if (step.kind === 'config' && input.config) return config(work, input.config)
  if (step.kind === 'role' && input.role) return role(work, input.role, input.skipExisting)
  if (step.kind === 'project_grant') return projectGrant(work, ownKeys(step))
  if (step.kind === 'authorization' && input.person) return authorization(work, input.person, ownKeys(step))
  if (step.kind === 'verify') return verify(work)
  throw new Error(`step ${step.key} of run ${step.run_id} cannot be read`)
}

/** Keys that others held when the plan was made may have been taken from them since, and are not given back. */
const ownKeys = ({ input, role_keys }: StepRow): readonly string[] => StepInput.parse(input).roleKeys ?? role_keys

const placeOf = ({ run }: Work): Place => ({ projectId: run.project_id, organizationId: run.organization_id ?? '' })

const config = (work: Work, wanted: NonNullable<StepInput['config']>): Promise<Done> => {
  const { ctx, run, now } = work
  return inAccount(work, ctx, run.account_id, async (tx: Tx) => {
    const account = await existing(work, tx, run.account_id)
    const { updatedAt, ...current } = await settingsRepository(tx).config(account.id)
    const next: ZitadelConfigInput = {
      ...current,
      ...wanted,
      // what somebody mapped since the plan was made stays
      roleMappings: { ...wanted.roleMappings, ...current.roleMappings },
      enabled: updatedAt === null ? true : current.enabled,
    }
    return { status: (await storeConfig(work, tx, account, next, now())) ? 'updated' : 'exists' }
  })
}

const role = async (
  { api, run }: Work,
  wanted: NonNullable<StepInput['role']>,
  skipExisting: boolean,
): Promise<Done> => {
  const event = (name: string, before?: object) => ({
    name,
    subject: { type: 'zitadel_role', id: wanted.key, name: wanted.displayName },
    after: { ...wanted, projectId: run.project_id },
    ...(before && { before }),
  })
  if ((await api.addRole(run.project_id, wanted)) === 'created')
    return { status: 'created', event: event('zitadel.role_created') }
  if (skipExisting) return { status: 'exists' }
  const there = (await api.roles(run.project_id)).find(({ key }) => key === wanted.key)
  if (there && there.displayName === wanted.displayName && there.group === wanted.group) return { status: 'exists' }
  await api.updateRole(run.project_id, wanted)
  return { status: 'updated', event: event('zitadel.role_updated', there) }
}

const projectGrant = async (work: Work, wanted: readonly string[]): Promise<Done> => {
  const { api, run } = work
  const place = placeOf(work)
  const subject = organizationSubject(place.organizationId)
  const project = await api.project(run.project_id)
  if (project?.organizationId === place.organizationId)
    return { status: 'skipped', message: 'The organization owns the project.' }
  const told = (before: readonly string[] | null, after: readonly string[]) => ({
    name: 'zitadel.project_granted',
    subject,
    ...(before && { before: { roleKeys: before } }),
    after: { ...place, roleKeys: after },
  })
  // a role that was added a moment ago may not be known to the grant yet
  let grant = await api.projectGrant(place)
  if (!grant) {
    const made = await onceVisible(work, () => api.addProjectGrant(place, wanted))
    if (made === 'created') return { status: 'created', roleKeys: wanted, event: told(null, wanted) }
    grant = await settled(
      work,
      () => api.projectGrant(place),
      (found) => found !== null,
    )
    if (!grant) return { status: 'failed', message: 'Zitadel says that the grant is there, but does not show it yet.' }
  }
  const { status, before, after } = await extendGrant(work, place, grant, wanted)
  return { status, roleKeys: after, ...(status !== 'exists' && { event: told(before, after) }) }
}

const authorization = async (
  work: Work,
  person: NonNullable<StepInput['person']>,
  wanted: readonly string[],
): Promise<Done> => {
  const { ctx, run, now } = work
  const place = placeOf(work)
  const blocked = run.steps.find(({ kind, status }) => kind === 'project_grant' && /failed|conflict/.test(status))
  if (blocked) return { status: 'failed', message: 'The organization has no grant of the project yet.' }
  const { status, id, before, after } = await grantPerson(work, place, person.zitadelUserId, wanted)
  await inAccount(work, ctx, run.account_id, async (tx) => {
    // who left the account meanwhile is nobody's administrator any more
    if (!(await work.members.one(tx, run.account_id, person.userId))) return
    const link = { accountId: run.account_id, userId: person.userId, zitadelUserId: person.zitadelUserId }
    const known = (await settingsRepository(tx).linksOf(person.zitadelUserId)).some(
      ({ accountId, userId }) => accountId === link.accountId && userId === link.userId,
    )
    if (!known) await settingsRepository(tx).setLink(link, person.mapped ? 'mapped' : 'resolved', now())
  })
  if (status === 'exists') return { status, roleKeys: after }
  const event = {
    name: 'zitadel.user_granted',
    subject: { type: 'user', id: person.userId, name: person.email },
    before: { roleKeys: before },
    after: { ...place, authorizationId: id, zitadelUserId: person.zitadelUserId, roleKeys: after },
  }
  return { status, roleKeys: after, event }
}

/** Reads back what the run did, until it shows or too much time has passed. */
const verify = async (work: Work): Promise<Done> => {
  const { api, run } = work
  const done = (kind: string) =>
    run.steps.filter((step) => step.kind === kind && /^(created|updated|exists)$/.test(step.status))
  const roles = done('role').flatMap(({ input }) => StepInput.parse(input).role?.key ?? [])
  const grants = done('project_grant')
  const people = done('authorization')
  const missing = async (): Promise<string[]> => {
    const place = placeOf(work)
    const [present, grant, authorizations] = await Promise.all([
      roles.length > 0 ? api.roles(run.project_id) : [],
      grants.length > 0 ? api.projectGrant(place) : null,
      people.length > 0 ? api.authorizations(place) : [],
    ])
    const held = (id: string) => authorizations.find(({ userId, active }) => userId === id && active)?.roleKeys ?? []
    return [
      ...lacking(
        roles,
        present.map(({ key }) => key),
      ).map((key) => `role ${key}`),
      ...grants.flatMap((step) => lacking(ownKeys(step), grant?.roleKeys ?? []).map((key) => `${key} in the grant`)),
      ...people.flatMap((step) => {
        const id = StepInput.parse(step.input).person?.zitadelUserId ?? ''
        return lacking(ownKeys(step), held(id)).map((key) => `${key} of ${step.target}`)
      }),
    ]
  }
  const left = await settled(work, missing, (found) => found.length === 0, 12_000)
  if (left.length === 0) return { status: 'verified' }
  return { status: 'failed', message: `Zitadel does not show: ${left.slice(0, 8).join(', ')}.` }
}
