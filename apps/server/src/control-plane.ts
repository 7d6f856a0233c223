/** Everything a process answers that is no call to a model: the API, health, metrics, the reference and the console. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { contract } from '@cockpit/contract'
import apiReference from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import type { App } from './app.ts'
import type { Config } from './config.ts'
import { healthHandlers, type Part } from './health.ts'
import { mountMetrics } from './metrics.ts'
import { createLiteLlmProtocols, type Send } from './modules/litellm/index.ts'
import {
  type Clock,
  createHttpServer,
  type Db,
  type Log,
  mountProtocol,
  mountRoutes,
  openApi,
} from './platform/index.ts'
import { serveSinglePageApp } from './platform/single-page-app.ts'

type Deps = {
  config: Config
  log: Log
  now: Clock
  db: Db
  publicUrl: string
  consoleDir: string
  version: string
  /** All figures of this process, or of all that serve with it. */
  metrics: () => Promise<string>
}

export const controlPlane = async (app: App, deps: Deps): Promise<FastifyInstance> => {
  const { config, log, now, publicUrl, consoleDir, version } = deps
  const server = createHttpServer({
    ...{ log, now },
    https: publicUrl.startsWith('https:'),
    trustedProxies: config.trustedProxies,
  })
  const isApi = config.roles.has('api')
  const health = healthHandlers(readiness(app, deps))
  mountRoutes(server, [...health, ...(isApi ? app.bound : app.callerBound)], {
    authenticate: app.authenticate,
    sessionOf: app.sessionOf,
    admitsFrom: app.admitsFrom,
    witness: app.witness,
    idempotency: app.idempotency,
    log,
    publicUrl,
    now,
  })
  mountMetrics(server, { token: config.metricsToken, metrics: deps.metrics })
  if (isApi) {
    const litellm = createLiteLlmProtocols({ send: sendTo(server), now, log })
    for (const protocol of [...app.protocols, ...litellm]) mountProtocol(server, protocol, log)
    const document = openApi(contract, { version, sessionCookie: app.sessionCookie, publicUrl })
    server.get('/openapi.json', async () => document)
    await server.register(async (scope) => {
      scope.addHook('onSend', async (_request, reply) => {
        reply.header('content-security-policy', referencePolicy)
      })
      await scope.register(apiReference, {
        routePrefix: '/docs',
        configuration: {
          url: '/openapi.json',
          title: 'Cockpit API',
          favicon: '/favicon.svg',
          withDefaultFonts: false,
          telemetry: false,
          agent: { disabled: true },
          hideClientButton: true,
        },
      })
    })
    if (existsSync(path.join(consoleDir, 'index.html')))
      await serveSinglePageApp(server, consoleDir, ['/v1/', '/scim/', '/health/', '/docs/'])
    else
      log.warn(
        { consoleDir },
        'the console is not built; run "npm start" or build it with "node tools/launch.mjs tools/build-console.ts"',
      )
  }
  await server.ready()
  return server
}

/** A request of this process to itself: the way through the server is that of everybody. */
const sendTo =
  (server: FastifyInstance): Send =>
  async ({ method, url, headers, body, ip }) => {
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) }
    const sent = { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) }
    const { statusCode, body: text } = await server.inject({
      method,
      url,
      headers: sent,
      remoteAddress: ip,
      ...payload,
    })
    return { status: statusCode, text }
  }

/** The reference is one bundled script that writes its own styles; it talks to this origin only. */
const referencePolicy =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"

const readiness = (app: App, { db, config }: Deps): Part[] => [
  // a gateway alone serves without it
  ...(config.roles.has('api') || config.roles.has('worker')
    ? [{ name: 'database', wrong: () => db.ping().then(() => null) }]
    : []),
  ...(config.roles.has('gateway') ? [{ name: 'gateway', wrong: () => app.gateway.notReady().join(', ') || null }] : []),
]
