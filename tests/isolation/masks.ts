/** People of the platform, and the same while they see the product as somebody of an account. */
import { randomBytes } from 'node:crypto'
import type { Reachable } from '../support/reach.ts'

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

type Seen = { person: PlatformPerson; userId: string; asOther: 'looking' | 'writing' }

/** What they send from then on. To write as well, the account must let them, now and as long as they do. */
export const seenAs = async (cockpit: Reachable, { person, userId, asOther }: Seen) => {
  const headers: Record<string, string> = await person.session()
  const body = { userId, reason: 'Isolation is proven.', writes: asOther === 'writing' }
  const begun = await cockpit.send('POST /v1/impersonations', { headers, body })
  if (begun.status !== 201) throw new Error(`the product cannot be seen as ${userId}: ${begun.text}`)
  return headers
}
