/** What tests of the gateway stand on: one Cockpit, and for each test scripted providers and a tenant of its own. */
import type { NewProviderConnection, ProviderKind } from '@cockpit/contract/providers'
import type { z } from 'zod'
import { eventually, issueKey, offerModel, openAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type Script, startUpstream, type Upstream } from '../upstreams/index.ts'

export type Kind = 'openai-compatible' | 'anthropic'
export const kinds = ['openai-compatible', 'anthropic'] as const satisfies Kind[]

export type Provider = { kind: ProviderKind; upstream: Upstream } & Partial<z.input<typeof NewProviderConnection>>
export type Stage = Awaited<ReturnType<typeof startStage>>
export type Tenant = Awaited<ReturnType<typeof openTenant>>

/** What a provider knows the model by. The name says which abilities may be used. */
export const upstreamModel = 'claude-sonnet-4-5'
export const upstreamKey = 'sk-upstream'

export const startStage = async (environment: Record<string, string> = {}) => {
  const cockpit = await startCockpit(environment)
  const upstreams: Upstream[] = []
  return {
    cockpit,
    /** A provider of its own; it takes no key but the one its connection has. */
    async provider(script: Script): Promise<Upstream> {
      const upstream = await startUpstream(script, { key: upstreamKey })
      upstreams.push(upstream)
      return upstream
    },
    tenant: (providers: readonly Provider[], options?: TenantOptions) => openTenant(cockpit, providers, options),
    async stop() {
      await cockpit.stop()
      for (const upstream of upstreams) await upstream.close()
    },
  }
}

const connectionTo = ({ kind, upstream, ...differs }: Provider) => ({
  name: kind,
  kind,
  baseUrl: kind === 'anthropic' ? upstream.url : upstream.baseUrl,
  secret: upstreamKey,
  // what a test does not ask for must not happen behind its back
  maxRetries: 0,
  ...differs,
})

type Offered = Pick<NonNullable<Parameters<typeof offerModel>[3]>, 'prices' | 'capabilities'>
type TenantOptions = { credits?: string; key?: object; outputTokensMax?: number } & Offered

const openTenant = async (
  cockpit: TestCockpit,
  providers: readonly Provider[],
  { credits = '1000', key: keyDiffers = {}, outputTokensMax, ...offered }: TenantOptions = {},
) => {
  const account = await openAccount(cockpit, { credits })
  const { model, connections } = await offerModel(cockpit, account.id, providers.map(connectionTo), {
    upstreamModel,
    outputTokensMax,
    ...offered,
  })
  const key = await issueKey(cockpit, account, keyDiffers)
  await eventually(async () => {
    const { text } = await cockpit.send('GET /v1/models', { headers: { authorization: `Bearer ${key.secret}` } })
    if (!text.includes(model.name)) throw new Error(`the gateway does not offer the model yet: ${text}`)
  })

  return {
    account,
    api: account.api,
    model,
    connections,
    key,
    url: cockpit.url,
    /** A call as the log has it; waits until it is there. */
    logged: (requestId: string | null | undefined) =>
      eventually(() => account.api.usage.get({ params: { id: requestId ?? 'req_0' } })),
    /** The last call of the tenant, for callers that got no id. */
    async lastLogged() {
      const newest = await eventually(async () => {
        const [row] = (await account.api.usage.list()).items
        if (!row) throw new Error('nothing is logged yet')
        return row
      })
      return account.api.usage.get({ params: { id: newest.id } })
    },
    /** What the budget of the account has booked, in credits. */
    settled: async () => (await account.api.budgets.overview()).pool.settled,
  }
}
