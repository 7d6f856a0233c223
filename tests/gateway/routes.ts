/** Models with a route in a test: a tenant whose deployments answer by scripts, and what is known of them. */
import { randomBytes } from 'node:crypto'
import type { ModelRoute } from '@cockpit/contract/routing'
import type { z } from 'zod'
import { eventually } from '../support/account.ts'
import { answer, type Script } from '../upstreams/index.ts'
import { pairs } from './callers.ts'
import { type Provider, type Stage, type Tenant, upstreamModel } from './stage.ts'

export type RouteInput = z.input<typeof ModelRoute>
type Options = Partial<NonNullable<RouteInput['deployments']>[number]>

const [openai] = pairs
const caller = openai?.caller
export const ask = (tenant: Pick<Tenant, 'url' | 'key' | 'model'>, options: object = {}) => {
  if (!caller) throw new Error('there is a caller')
  return caller.ask(tenant, options)
}
export const says = (text: string) => answer({ text, usage: { input: 10, output: 5 } })

export const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Of a stage that starts after its tests are written. */
export const routesOn = (stageOf: () => Stage) => {
  /** A tenant whose model runs on one provider for each script, over the given route. */
  const routed = async (
    scripts: readonly Script[],
    route: RouteInput,
    options: readonly Options[] = [],
    kind: Provider['kind'] = 'openai-compatible',
  ) => {
    const upstreams = await Promise.all(scripts.map((script) => stageOf().provider(script)))
    const providers = upstreams.map((upstream): Provider => ({ kind, upstream }))
    const tenant = await stageOf().tenant(providers)
    await setRoute(tenant, {
      ...route,
      deployments: tenant.connections.map(({ id }, at) => ({ connectionId: id, upstreamModel, ...options[at] })),
    })
    const counts = () => upstreams.map(({ requests }) => requests.length)
    return { tenant, upstreams, counts }
  }

  /** Sets a route and waits until the gateway has it: what is published after it shows that it is there. */
  const setRoute = async (tenant: Tenant, body: RouteInput, by: Tenant['api'] = stageOf().cockpit.as()) => {
    const params = { id: tenant.model.id }
    await by.routing.set({ params, body })
    const displayName = `Routed ${randomBytes(4).toString('hex')}`
    await by.models.update({ params, body: { displayName } })
    await offers(tenant, displayName)
  }

  const offers = (tenant: Tenant, name: string) =>
    eventually(async () => {
      const headers = { authorization: `Bearer ${tenant.key.secret}` }
      const { text } = await stageOf().cockpit.send('GET /v1/me/effective', { headers })
      if (!text.includes(name)) throw new Error(`'${name}' is not published yet: ${text}`)
    })

  const explained = (tenant: Tenant) =>
    tenant.api.explain.explain({ body: { principal: { kind: 'key', id: tenant.key.id }, model: tenant.model.name } })

  const stateOf = async (tenant: Tenant, at: number) =>
    (
      await stageOf()
        .cockpit.as()
        .routing.get({ params: { id: tenant.model.id } })
    ).states[at]?.state

  return { routed, setRoute, offers, explained, stateOf }
}
