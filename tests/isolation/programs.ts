/** What programs of an account prove themselves with: its identity source (SCIM) and a client of its token endpoint. */
import { randomBytes } from 'node:crypto'
import type { TestAccount } from '../support/account.ts'
import type { Reachable } from '../support/reach.ts'

export type Programs = {
  scim: {
    secret: string
    /** Secrets that let nobody in any more, by why. */
    ended: Record<string, string>
    userId: string
    groupId: string
    userName: string
    groupName: string
  }
  client: {
    id: string
    secret: string
    ended: Record<string, string>
    /** Access tokens of the working credential, and of each that ended, fetched before it did. */
    token: string
    endedTokens: Record<string, string>
  }
  /** The secret of a virtual key that worked until its end. */
  expiredKey: string
  /** When the last of what ends by itself has ended. */
  endsAt: number
}

/** Long enough to fetch a token in, however busy the machine is; it begins where each of them is made. */
const shortLifeMs = 15_000
const never = 0

export const openPrograms = async (cockpit: Reachable, { api }: TestAccount, canary: string): Promise<Programs> => {
  let endsAt = 0
  const brief = () => {
    endsAt = Date.now() + shortLifeMs
    return { expiresAt: new Date(endsAt).toISOString() }
  }
  const [name, groupName] = [`Programs ${randomBytes(4).toString('hex')}`, `Group ${canary}`]

  const source = await api.scim.createToken({ body: { name } })
  const expiring = await api.scim.createToken({ body: { name: `${name} for a moment`, ...brief() } })
  const rotated = await api.scim.rotateToken({ params: { id: source.id }, body: { graceSeconds: never } })
  const revoked = await api.scim.createToken({ body: { name: `${name} revoked` } })
  await api.scim.revokeToken({ params: { id: revoked.id } })
  const userName = `provisioned-${canary}@example.com`.toLowerCase()
  const user = await provision(cockpit, rotated.secret, 'Users', { userName, displayName: `Person ${canary}` })
  const group = await provision(cockpit, rotated.secret, 'Groups', {
    displayName: groupName,
    members: [{ value: user }],
  })

  const { id } = await api.serviceAccounts.create({ body: { name } })
  await api.roleAssignments.create({ body: { principal: { kind: 'service_account', id }, role: 'account_admin' } })
  const credential = (more: object) => api.clientCredentials.create({ params: { id }, body: { name, ...more } })
  const [working, over] = [await credential({}), await credential({})]
  const passing = await credential(brief())
  const endedTokens = {
    expired: await tokenFor(cockpit, id, passing.secret),
    revoked: await tokenFor(cockpit, id, over.secret),
  }
  await api.clientCredentials.revoke({ params: { id, credentialId: over.id } })
  const key = await api.keys.create({ body: { name, owner: { kind: 'service_account', id }, ...brief() } })
  return {
    endsAt,
    expiredKey: key.secret,
    scim: {
      ...{ secret: rotated.secret, userId: user, groupId: group, userName, groupName },
      ended: { 'rotated away': source.secret, expired: expiring.secret, revoked: revoked.secret },
    },
    client: {
      ...{ id, secret: working.secret, ended: { expired: passing.secret, revoked: over.secret } },
      token: await tokenFor(cockpit, id, working.secret),
      endedTokens,
    },
  }
}

const provision = async ({ url }: Reachable, secret: string, kind: 'Users' | 'Groups', body: object) => {
  const answer = await fetch(`${url}/scim/v2/${kind}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/scim+json' },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (answer.status !== 201) throw new Error(`the source cannot provision: ${text}`)
  return (JSON.parse(text) as { id: string }).id
}

/** An access token for a client that proves itself. */
export const tokenFor = async ({ url }: Reachable, id: string, secret: string): Promise<string> => {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret })
  const answer = await fetch(`${url}/v1/oauth/token`, { method: 'POST', body })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`the client gets no token: ${text}`)
  return (JSON.parse(text) as { access_token: string }).access_token
}
