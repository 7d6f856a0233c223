/** An identity source that provisions into an account, as Entra and Okta do. */
import { openAccount, type TestAccount } from '../support/account.ts'
import type { Reachable } from '../support/reach.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test reads bodies freely; its expectations are the type
export type Answer = { status: number; body: any; headers: Headers }

export const openSource = async (cockpit: Reachable, account?: TestAccount) => {
  const acme = account ?? (await openAccount(cockpit))
  const { secret, id } = await acme.api.scim.createToken({ body: { name: 'Entra' } })
  return { acme, tokenId: id, secret, ...sender(cockpit, secret) }
}
export type Source = Awaited<ReturnType<typeof openSource>>

export const sender = (cockpit: Reachable, secret: string) => {
  const send = async (line: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const [method = '', path = ''] = line.split(/ (.*)/s)
    const answer = await fetch(`${cockpit.url}/scim/v2${path}`, {
      method,
      headers: {
        authorization: `Bearer ${secret}`,
        ...(body !== undefined && { 'content-type': 'application/scim+json' }),
        ...headers,
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? null : JSON.parse(text), headers: answer.headers }
  }
  const patch = (path: string, ...Operations: object[]) =>
    send(`PATCH ${path}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations })
  const person = async (userName: string, more: object = {}) => {
    const body = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, active: true, ...more }
    return (await send('POST /Users', body)).body
  }
  const group = async (displayName: string, members: readonly string[] = [], more: object = {}) =>
    (await send('POST /Groups', { displayName, members: members.map((value) => ({ value })), ...more })).body
  return { send, patch, person, group }
}
