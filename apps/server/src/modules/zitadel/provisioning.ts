import type { RunKind, ZitadelPlan, ZitadelRun, ZitadelUser } from '@cockpit/contract/zitadel-shapes'
import { type Ctx, newId, Problem } from '../../platform/index.ts'
import { type Deps, inAccount } from './deps.ts'
import { type Asked, factsOf, knownOf, organizationRequired, placeOf, wantedOf } from './facts.ts'
import { notConfigured, required, upstream, wordsOf } from './failing.ts'
import { grantPerson } from './granting.ts'
import { roleKeysOf, standardRoles } from './model.ts'
import { planOf } from './plan.ts'
import { presentDryRun, presentRun } from './present.ts'
import { runRepository } from './runs-repository.ts'
import { existing } from './settings.ts'
import { organizationTaken, settingsRepository } from './settings-repository.ts'
import type { RunWatch } from './watch.ts'

const waitMs = 20_000
const lookAgainMs = 1_000

type GrantInput = { userId: string; roleKeys: readonly string[] } & Pick<Asked, 'projectId' | 'organizationId'>
type RoleInput = { key: string; displayName: string; group?: string | null | undefined } & Pick<Asked, 'projectId'>
type Start = { wait: boolean; signal: AbortSignal }

export const createProvisioning = (deps: Deps, watch: RunWatch) => {
  const { api, now } = deps

  const read = (ctx: Ctx, accountId: string, runId: string): Promise<ZitadelRun> =>
    inAccount(deps, ctx, accountId, async (tx) => {
      await existing(deps, tx, accountId)
      const run = await runRepository(tx).find(accountId, runId)
      if (!run) throw new Problem('zitadel.run_not_found', 'There is no such run in this account.')
      return presentRun(run)
    })

  /** The run when it has ended, or as it is when the caller has waited long enough. */
  const awaited = async (ctx: Ctx, accountId: string, runId: string, { wait, signal }: Start): Promise<ZitadelRun> => {
    const end = Date.now() + waitMs
    if (wait) await watch.open()
    for (;;) {
      const run = await read(ctx, accountId, runId)
      const left = end - Date.now()
      if (!wait || isOver(run) || left <= 0 || signal.aborted) return run
      await watch.change(runId, Math.min(left, lookAgainMs), signal)
    }
  }

  /** What is granted in the organization of another account would be granted to its people. */
  const refuseTaken = (ctx: Ctx, accountId: string, organizationId: string | null) =>
    inAccount(deps, ctx, accountId, async (tx) => {
      const owner = organizationId && (await settingsRepository(tx).ownerOfOrganization(organizationId))
      if (owner && owner !== accountId) throw organizationTaken()
    })

  const start = async (ctx: Ctx, accountId: string, kind: RunKind, asked: Asked, how: Start): Promise<ZitadelRun> => {
    const known = await knownOf(deps, ctx, accountId)
    const wanted = wantedOf(kind, asked, known)
    await refuseTaken(ctx, accountId, wanted.organizationId)
    const resolve = asked.resolveUserIdsFromZitadel ?? known.defaults.resolveUserIdsFromZitadel
    const planned = planOf(wanted, await upstream(factsOf(required(api), wanted, known, resolve)))
    const createdBy = ctx.actor.name
    if (asked.dryRun) return presentDryRun(planned, wanted, { accountId, createdBy, at: now() })
    const id = newId('zrun', now())
    await inAccount(deps, ctx, accountId, async (tx) => {
      const { name } = await existing(deps, tx, accountId)
      await runRepository(tx).insert(accountId, {
        id,
        kind,
        wanted,
        steps: planned.steps,
        unresolved: planned.unresolved,
        createdBy,
        at: now(),
      })
      await tx.emit('zitadel.run_started', {
        subject: { type: 'zitadel_run', id, name },
        after: {
          kind,
          projectId: wanted.projectId,
          organizationId: wanted.organizationId,
          steps: planned.steps.length,
        },
      })
    })
    return awaited(ctx, accountId, id, how)
  }

  return {
    start,
    read,

    async plan(ctx: Ctx, accountId: string, rolePrefix: string | undefined): Promise<ZitadelPlan> {
      const known = await knownOf(deps, ctx, accountId)
      const prefix = rolePrefix === undefined ? known.defaults.rolePrefix : rolePrefix || null
      const base = {
        accountId: known.account.id as `acc_${string}`,
        zitadelConfig: known.config,
        standardRoles: standardRoles(prefix),
        accountAdmins: known.administrators.map(({ userId, email, name, role, source, createdAt }) => ({
          userId: userId as `usr_${string}`,
          email,
          name,
          role,
          source,
          createdAt: createdAt.toISOString(),
          resolvedRoleKeys: roleKeysOf(role, known.config.roleMappings, []),
        })),
      }
      try {
        if (!api) throw notConfigured()
        const wanted = wantedOf('bootstrap', { rolePrefix: prefix }, known)
        const facts = await factsOf(api, wanted, known, known.defaults.resolveUserIdsFromZitadel)
        const { steps, unresolved } = planOf(wanted, facts)
        const told = steps.filter(({ kind }) => kind !== 'verify').map(({ input, ...step }) => step)
        return { ...base, steps: told, unresolvedAdmins: unresolved, problem: null }
      } catch (error) {
        // a plan without Zitadel still tells what Cockpit knows
        const problem = error instanceof Problem ? error.detail : wordsOf(error)
        if (problem === null) throw error
        return { ...base, steps: null, unresolvedAdmins: [], problem }
      }
    },

    runs: (ctx: Ctx, accountId: string, query: { limit: number; after?: string | undefined }) =>
      inAccount(deps, ctx, accountId, async (tx) => {
        await existing(deps, tx, accountId)
        const page = await runRepository(tx).page(accountId, query)
        return { ...page, items: page.items.map(presentRun) }
      }),

    async *follow(ctx: Ctx, accountId: string, runId: string, signal: AbortSignal): AsyncGenerator<ZitadelRun> {
      await watch.open()
      let told = ''
      while (!signal.aborted) {
        const run = await read(ctx, accountId, runId)
        const text = JSON.stringify(run)
        if (text !== told) yield run
        told = text
        if (isOver(run)) return
        await watch.change(runId, lookAgainMs, signal)
      }
    },

    async resume(ctx: Ctx, accountId: string, runId: string, how: Start): Promise<ZitadelRun> {
      required(api)
      await inAccount(deps, ctx, accountId, async (tx) => {
        await existing(deps, tx, accountId)
        await tx.lock(`zitadel_run:${runId}`)
        const run = await runRepository(tx).find(accountId, runId)
        if (!run) throw new Problem('zitadel.run_not_found', 'There is no such run in this account.')
        // a run that is done or at work needs nobody
        if (run.status !== 'incomplete') return
        await runRepository(tx).requeue(accountId, runId)
        await tx.emit('zitadel.run_resumed', { subject: { type: 'zitadel_run', id: runId, name: run.kind } })
      })
      return awaited(ctx, accountId, runId, how)
    },

    async grantUser(ctx: Ctx, accountId: string, input: GrantInput) {
      const known = await knownOf(deps, ctx, accountId)
      const { projectId, organizationId } = placeOf(input, known)
      if (!organizationId) throw organizationRequired()
      await refuseTaken(ctx, accountId, organizationId)
      const place = { projectId, organizationId }
      const work = { ...deps, api: required(api) }
      const { status, id, before, after } = await upstream(grantPerson(work, place, input.userId, input.roleKeys))
      if (status !== 'exists')
        await inAccount(deps, ctx, accountId, async (tx) => {
          const linked = await settingsRepository(tx).linksOf(input.userId)
          const member = (await deps.members.all(tx, accountId)).find(({ userId }) =>
            linked.some((link) => link.userId === userId),
          )
          await tx.emit('zitadel.user_granted', {
            subject: { type: 'zitadel_user', id: input.userId, name: member?.name ?? `User ${input.userId}` },
            before: { roleKeys: before },
            after: { ...place, authorizationId: id, roleKeys: after },
          })
        })
      return { status, authorizationId: id, userId: input.userId, ...place, roleKeys: [...after] }
    },

    async createRole(ctx: Ctx, accountId: string, { key, displayName, group, projectId: asked }: RoleInput) {
      const known = await knownOf(deps, ctx, accountId)
      const { projectId } = placeOf({ projectId: asked }, known)
      const status = await upstream(required(api).addRole(projectId, { key, displayName, group: group ?? '' }))
      if (status === 'created')
        await inAccount(deps, ctx, accountId, (tx) =>
          tx.emit('zitadel.role_created', {
            subject: { type: 'zitadel_role', id: key, name: displayName },
            after: { projectId, group: group ?? null },
          }),
        )
      return { status, key, displayName, group: group ?? null, projectId }
    },

    async users(ctx: Ctx, accountId: string, text: string): Promise<{ items: ZitadelUser[] }> {
      await knownOf(deps, ctx, accountId)
      return { items: await upstream(required(api).searchUsers(text)) }
    },
  }
}
export type Provisioning = ReturnType<typeof createProvisioning>

const isOver = ({ status }: ZitadelRun) => status === 'succeeded' || status === 'incomplete'
