/** `GET /metrics`: what this process does, for Prometheus. Each process of an installation is scraped by itself. */
import { isAllowedFrom, loopback, networksOf } from '@cockpit/policy'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { Problem, safeEqual } from './platform/index.ts'

type Deps = {
  /** Null: only this machine may read. */
  token: string | null
  gateway: () => string
}

export const mountMetrics = (server: FastifyInstance, { token, gateway }: Deps): void => {
  let process: Registry | null = null
  server.get('/metrics', async (request, reply) => {
    const refused = refusalOf(request, token)
    if (refused) throw refused
    // watching the event loop costs a little, so it begins with the first who wants to know
    process ??= ofProcess()
    reply.header('content-type', process.contentType)
    return `${await process.metrics()}\n${gateway()}`
  })
}

const ofProcess = (): Registry => {
  const register = new Registry()
  collectDefaultMetrics({ register })
  return register
}

const here = networksOf(loopback) ?? []

const refusalOf = ({ ip, headers }: FastifyRequest, token: string | null): Problem | null => {
  if (token === null)
    return isAllowedFrom(here, ip)
      ? null
      : new Problem('access.denied', 'Only this machine may read the metrics; set COCKPIT_METRICS_TOKEN to open them.')
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  if (given === undefined) return new Problem('auth.required', 'Send COCKPIT_METRICS_TOKEN as a bearer token.')
  return safeEqual(given, token) ? null : new Problem('auth.failed', 'This is not COCKPIT_METRICS_TOKEN.')
}
