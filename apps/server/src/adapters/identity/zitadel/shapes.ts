/** What Zitadel answers, as far as Cockpit reads it. protojson leaves out what is empty, zero or false. */
import type { ZitadelUser } from '@cockpit/contract/zitadel-shapes'
import { z } from 'zod'
import type { Authorization, ZitadelEvent } from '../../../modules/zitadel/port.ts'

const text = z.string().default('')
/** uint64 travels as text. */
const count = z.union([z.string().regex(/^\d+$/), z.number().int().nonnegative()]).transform(Number)

export const paged = <T extends z.ZodType>(name: string, item: T) =>
  z.looseObject({ pagination: z.object({ totalResult: count.default(0) }).optional() }).transform((body, context) => {
    const items = z.array(item).safeParse(body[name] ?? [])
    if (items.success) return { items: items.data, total: body.pagination?.totalResult ?? items.data.length }
    context.addIssue({ code: 'custom', message: items.error.message })
    return z.NEVER
  })

export const ProjectRole = z
  .object({ key: z.string(), displayName: text, group: text })
  .transform(({ key, displayName, group }) => ({ key, displayName, group }))

export const FoundProject = z.object({
  project: z
    .object({ projectId: z.string().optional(), id: z.string().optional(), name: text, organizationId: z.string() })
    .transform(({ projectId, id, name, organizationId }) => ({ id: projectId ?? id ?? '', name, organizationId })),
})

export const Grant = z
  .object({
    projectId: z.string(),
    grantedOrganizationId: z.string(),
    grantedRoleKeys: z.array(z.string()).default([]),
    state: text,
  })
  .transform(({ projectId, grantedOrganizationId, grantedRoleKeys, state }) => ({
    projectId,
    organizationId: grantedOrganizationId,
    roleKeys: grantedRoleKeys,
    active: state === 'PROJECT_GRANT_STATE_ACTIVE',
  }))

export const FoundAuthorization = z
  .object({
    id: z.string(),
    user: z.object({ id: z.string(), preferredLoginName: text }),
    roles: z.array(z.object({ key: z.string() })).default([]),
    state: text,
  })
  .transform(
    ({ id, user, roles, state }): Authorization => ({
      id,
      userId: user.id,
      loginName: user.preferredLoginName,
      roleKeys: roles.map(({ key }) => key),
      active: state === 'STATE_ACTIVE',
    }),
  )

export const CreatedAuthorization = z.object({ id: z.string() })

const states: Record<string, ZitadelUser['state']> = {
  USER_STATE_ACTIVE: 'active',
  USER_STATE_INACTIVE: 'inactive',
  USER_STATE_LOCKED: 'locked',
  USER_STATE_INITIAL: 'initial',
  USER_STATE_DELETED: 'deleted',
}
const User = z
  .object({
    userId: z.string(),
    details: z.object({ resourceOwner: text }).default({ resourceOwner: '' }),
    state: text,
    preferredLoginName: text,
    username: text,
    human: z
      .object({
        profile: z.object({ givenName: text, familyName: text, displayName: text }).optional(),
        email: z.object({ email: text, isVerified: z.boolean().default(false) }).optional(),
      })
      .optional(),
    machine: z.object({ name: text }).optional(),
  })
  .transform((user): ZitadelUser => {
    const { profile, email } = user.human ?? {}
    const full = profile?.displayName || [profile?.givenName, profile?.familyName].filter(Boolean).join(' ')
    return {
      id: user.userId,
      email: email?.email || null,
      emailVerified: email?.isVerified ?? false,
      loginName: user.preferredLoginName || user.username,
      name: full || user.machine?.name || user.username,
      organizationId: user.details.resourceOwner,
      state: states[user.state] ?? 'unknown',
    }
  })
export const FoundUsers = z
  .object({ details: z.object({ totalResult: count.default(0) }).optional(), result: z.array(User).default([]) })
  .transform(({ details, result }) => ({ items: result, total: details?.totalResult ?? result.length }))

export const FoundOrganizations = z.object({
  result: z
    .array(
      z
        .object({ id: z.string(), name: text, state: text })
        .transform(({ id, name, state }) => ({ id, name, active: state === 'ORGANIZATION_STATE_ACTIVE' })),
    )
    .default([]),
})

export const FoundEvents = z.object({
  events: z
    .array(
      z
        .object({
          aggregate: z.object({ id: z.string(), type: z.object({ type: z.string() }), resourceOwner: text }),
          sequence: z.union([z.string().regex(/^\d+$/), z.number().int()]).transform(BigInt),
          creationDate: z.iso.datetime({ offset: true }),
          payload: z.record(z.string(), z.unknown()).nullish(),
          type: z.object({ type: z.string() }),
        })
        .transform(
          (event): ZitadelEvent => ({
            type: event.type.type,
            aggregateType: event.aggregate.type.type,
            aggregateId: event.aggregate.id,
            sequence: event.sequence,
            resourceOwner: event.aggregate.resourceOwner,
            at: new Date(event.creationDate),
            payload: event.payload ?? {},
          }),
        ),
    )
    .default([]),
})
