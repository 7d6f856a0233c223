/** A Cockpit that listens somewhere, as a caller reaches it. */
import { type CockpitClient, createClient } from '@cockpit/client'

export type Reachable = {
  url: string
  /** The API as the master key, in an account or in the platform. */
  as(accountId?: string): CockpitClient
  /** One request as it is: `send('POST /v1/keys', { body, headers })`. */
  send(
    line: string,
    options?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<{ status: number; text: string; headers: Headers }>
}

export const reachable = (url: string, masterKey: string): Reachable => ({
  url,
  as: (accountId) =>
    createClient({
      baseUrl: url,
      headers: { authorization: `Bearer ${masterKey}`, ...(accountId && { 'x-account-id': accountId }) },
    }),
  async send(line, { body, headers = {} } = {}) {
    const [method = 'GET', target = '/'] = line.split(' ')
    const answer = await fetch(url + target, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: answer.status, text: await answer.text(), headers: answer.headers }
  },
})
