/** People with a role of the platform. */
import { z } from 'zod'
import { password } from './identity.ts'
import { email, id, name, platformRoles, routes, timestamp } from './kit.ts'

const PlatformRole = z.enum(platformRoles)

export const PlatformPerson = z
  .object({
    id: id('usr'),
    email: z.string(),
    name: z.string(),
    role: PlatformRole,
    lastSeenAt: timestamp.nullable(),
    since: timestamp,
  })
  .meta({ id: 'PlatformPerson' })
export type PlatformPerson = z.infer<typeof PlatformPerson>

const NewPlatformPerson = z
  .object({
    email,
    name,
    role: PlatformRole,
    password: password.optional().describe('For somebody new who signs in without an identity provider'),
  })
  .strict()
export type NewPlatformPerson = z.infer<typeof NewPlatformPerson>

const params = z.object({ id: id('usr') })

export const platformPeopleRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/platform-people',
    tag: 'Access',
    permission: 'access.read',
    scope: 'platform',
    summary: 'List people with a role of the platform',
    returns: z.object({ items: z.array(PlatformPerson) }),
  },
  add: {
    method: 'POST',
    path: '/v1/platform-people',
    tag: 'Access',
    permission: 'access.write',
    scope: 'platform',
    status: 201,
    stepUp: true,
    asOther: 'never',
    summary: 'Give somebody a role of the platform',
    description: 'A person who exists keeps their name and password; what they may do in accounts stays beside it.',
    body: NewPlatformPerson,
    returns: PlatformPerson,
    problems: ['user.email_taken', 'user.unproven_email', 'password.refused'],
    emits: 'platform_person.added',
  },
  update: {
    method: 'PATCH',
    path: '/v1/platform-people/{id}',
    tag: 'Access',
    permission: 'access.write',
    scope: 'platform',
    stepUp: true,
    asOther: 'never',
    summary: 'Change somebody’s role of the platform',
    params,
    body: z.object({ role: PlatformRole }).strict(),
    returns: PlatformPerson,
    problems: ['user.not_found', 'platform_person.last'],
    emits: 'platform_person.updated',
  },
  remove: {
    method: 'DELETE',
    path: '/v1/platform-people/{id}',
    tag: 'Access',
    permission: 'access.write',
    scope: 'platform',
    status: 204,
    stepUp: true,
    asOther: 'never',
    summary: 'Take somebody’s role of the platform; the last super admin stays',
    params,
    returns: z.void(),
    problems: ['user.not_found', 'platform_person.last'],
    emits: 'platform_person.removed',
  },
})
