/** People of the platform, and the same while they see the product as somebody of an account. */
import { randomBytes } from 'node:crypto'
import { type Permission, rolePermissions } from '@cockpit/contract/permissions'
import type { Reachable } from '../support/reach.ts'
import type { Principal } from './principals.ts'

const sameOrigin = { 'sec-fetch-site': 'same-origin' }

export const signedIn = async (cockpit: Reachable, email: string, password: string) => {
  const answer = await cockpit.send('POST /v1/sessions', { body: { email, password }, headers: sameOrigin })
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0]
  if (answer.status !== 201 || !cookie) throw new Error(`${email} cannot sign in: ${answer.text}`)
  return { cookie, ...sameOrigin }
}

/** Their sessions act in the account. The password is nobody's to know, as they exist on a real installation. */
export const platformPerson = async (cockpit: Reachable, accountId: string, role: 'support' | 'super_admin') => {
  const password = randomBytes(24).toString('base64url')
  const email = `${role.replace('_', '-')}-${randomBytes(6).toString('hex')}@example.com`
  const { id } = await cockpit.as().platformPeople.add({ body: { email, name: 'Isolation', role, password } })
  return {
    id,
    session: async () => ({ ...(await signedIn(cockpit, email, password)), 'x-account-id': accountId }),
  }
}
export type PlatformPerson = Awaited<ReturnType<typeof platformPerson>>

/** They look, and may change nothing, whatever the person seen may. */
export const lookingAs = async (
  cockpit: Reachable,
  name: string,
  person: PlatformPerson,
  seen: { id: string; role: 'member' | 'account_admin' },
): Promise<Principal> => {
  const headers = await person.session()
  const begun = await cockpit.send('POST /v1/impersonations', {
    headers,
    body: { userId: seen.id, reason: 'Isolation is proven.' },
  })
  if (begun.status !== 201) throw new Error(`the product cannot be seen as a ${seen.role}: ${begun.text}`)
  const cookie = begun.headers.getSetCookie()[0]?.split(';')[0]
  const permissions: ReadonlySet<Permission> = rolePermissions[seen.role]
  return {
    name,
    headers: { ...headers, ...(cookie && { cookie }) },
    standing: { permissions, platform: false, looksOnly: true },
  }
}
