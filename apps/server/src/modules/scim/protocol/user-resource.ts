/** A person in SCIM's shape and in ours. What Cockpit has no use for is kept as it came and given back. */
import type { Selectable } from 'kysely'
import type { DB } from '../../../platform/index.ts'
import { ScimError } from './error.ts'
import { etagOf, type UserBody } from './request.ts'

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

export type UserRow = Selectable<DB['scim_users']> & { groups: { value: string; display: string }[] }

// what Cockpit decides or keeps in columns of its own; a password is never taken
const notKept = new Set(['schemas', 'id', 'meta', 'groups', 'password', 'username', 'externalid', 'active'])
const attributesMax = 32_768

export type UserFields = {
  userName: string
  externalId: string | null
  active: boolean
  attributes: Record<string, unknown>
}

/** `wasActive`: what is not said of them stays as it was, so that nobody who was stopped comes back unsaid. */
export const fieldsOf = (body: UserBody, wasActive = true): UserFields => {
  const attributes = Object.fromEntries(
    Object.entries(body).filter(([name, value]) => !notKept.has(name.toLowerCase()) && value !== undefined),
  )
  if (JSON.stringify(attributes).length > attributesMax)
    throw new ScimError(400, `The attributes of a person have at most ${attributesMax} bytes.`, 'invalidValue')
  return { userName: body.userName, externalId: body.externalId || null, active: body.active ?? wasActive, attributes }
}

type Named = {
  displayName?: string | null
  name?: { formatted?: string | null; givenName?: string | null; familyName?: string | null } | null
  emails?: { value: string; type?: string; primary?: boolean }[] | null
}

/** The name people see. */
export const nameOf = ({ userName, attributes }: UserFields): string => {
  const { displayName, name } = attributes as Named
  const full = [name?.givenName, name?.familyName].filter(Boolean).join(' ')
  const said = [displayName, name?.formatted, full, userName.split('@')[0]].map((text) => text?.trim())
  return (said.find(Boolean) || userName).slice(0, 80)
}

const emailForm = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

/** The address a person is known by: the primary one, the one for work, or a user name that is an address. */
export const emailOf = ({ userName, attributes }: UserFields): string => {
  const emails = (attributes as Named).emails ?? []
  const best =
    emails.find(({ primary }) => primary === true) ??
    emails.find(({ type }) => type?.toLowerCase() === 'work') ??
    emails[0]
  const email = (best?.value ?? userName).trim().toLowerCase()
  if (!emailForm.test(email) || email.length > 254)
    throw new ScimError(400, 'A person needs an e-mail address, in emails or as userName.', 'invalidValue')
  return email
}

export const presentUser = (row: UserRow, baseUrl: string) => ({
  schemas: [userSchema, ...(enterpriseSchema in (row.attributes as object) ? [enterpriseSchema] : [])],
  id: row.user_id,
  ...(row.external_id !== null && { externalId: row.external_id }),
  userName: row.user_name,
  ...(row.attributes as Record<string, unknown>),
  active: row.active,
  groups: row.groups.map((group) => ({ ...group, type: 'direct', $ref: `${baseUrl}/Groups/${group.value}` })),
  meta: {
    resourceType: 'User',
    created: row.created_at.toISOString(),
    lastModified: row.updated_at.toISOString(),
    location: `${baseUrl}/Users/${row.user_id}`,
    version: etagOf(row.version),
  },
})
