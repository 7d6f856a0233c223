/** An account that can call: people, a connection, a model, credits and a key. */
import { randomBytes } from 'node:crypto'
import type { NewModel } from '@cockpit/contract/models'
import type { Prices } from '@cockpit/contract/prices'
import type { NewProviderConnection } from '@cockpit/contract/providers'
import type { z } from 'zod'
import type { Reachable } from './reach.ts'

export const password = 'correct horse battery staple'

export type TestAccount = Awaited<ReturnType<typeof openAccount>>

export const openAccount = async (cockpit: Reachable, { credits = '100' }: { credits?: string } = {}) => {
  const tag = randomBytes(4).toString('hex')
  const email = `admin-${tag}@example.com`
  const platform = cockpit.as()
  const account = await platform.accounts.create({
    body: { name: `Acme ${tag}`, adminEmail: email, adminName: 'Ada', adminPassword: password },
  })
  await platform.budgets.grant({ params: { id: account.id }, body: { amount: credits } })
  const own = cockpit.as(account.id)
  const [admin] = (await own.users.list()).items
  if (!admin) throw new Error('a new account has its first admin')
  return { id: account.id, tag, api: own, admin, email }
}

/** Headers of a browser session: its cookie, and the proof that the request comes from the same origin. */
export const signIn = async (cockpit: Reachable, email: string): Promise<Record<string, string>> => {
  const answer = await cockpit.send('POST /v1/sessions', { body: { email, password } })
  if (answer.status !== 201) throw new Error(`sign-in answered ${answer.status}: ${answer.text}`)
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return { cookie, 'sec-fetch-site': 'same-origin' }
}

/** A platform model on a connection of its own, eligible in the account. Prices are high, so that credits show. */
export const offerModel = async (
  cockpit: Reachable,
  accountId: string,
  connections: readonly z.input<typeof NewProviderConnection>[],
  {
    name = `model-${randomBytes(4).toString('hex')}`,
    upstreamModel = 'upstream-model',
    outputTokensMax,
    capabilities = ['chat', 'streaming', 'tools', 'vision', 'embeddings'],
    prices = { input: '1000', output: '2000', cachedInput: '100', cacheWrite: '1250', reasoning: '3000' },
  }: {
    name?: string
    upstreamModel?: string
    outputTokensMax?: number | undefined
    capabilities?: z.input<typeof NewModel>['capabilities']
    prices?: z.input<typeof Prices>
  } = {},
) => {
  const platform = cockpit.as()
  const made = []
  for (const connection of connections)
    made.push(
      await platform.providers.create({
        body: { ...connection, name: `${connection.name} ${randomBytes(4).toString('hex')}` },
      }),
    )
  const model = await platform.models.create({
    body: {
      name,
      capabilities,
      prices,
      deployments: made.map(({ id }) => ({ connectionId: id, upstreamModel })),
      ...(outputTokensMax !== undefined && { outputTokensMax }),
    },
  })
  const { modelIds } = await platform.models.eligibility({ params: { id: accountId } })
  await platform.models.setEligibility({
    params: { id: accountId },
    body: { mode: 'list', modelIds: [...modelIds, model.id] },
  })
  return { model, connections: made }
}

/** A key of the admin that the gateway already knows. */
export const issueKey = async (cockpit: Reachable, account: TestAccount, differs: object = {}) => {
  const key = await account.api.keys.create({
    body: { name: 'test', owner: { kind: 'user', id: account.admin.id }, ...differs },
  })
  await eventually(async () => {
    const answer = await cockpit.send('GET /v1/models', { headers: { authorization: `Bearer ${key.secret}` } })
    if (answer.status === 401) throw new Error(`the gateway does not know the key yet: ${answer.text}`)
  })
  return key
}

/** Tries until it does not throw, for what takes a moment; the last error after `timeoutMs`. */
export const eventually = async <T>(attempt: () => Promise<T>, timeoutMs = 5_000): Promise<T> => {
  const end = Date.now() + timeoutMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
