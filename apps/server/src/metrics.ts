/** `GET /metrics`: what this process does, for Prometheus. Workers of one start answer for all of them. */
import { isAllowedFrom, loopback, networksOf } from '@cockpit/policy'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { Problem, safeEqual } from './platform/index.ts'

type Deps = {
  /** Null: only this machine may read. */
  token: string | null
  metrics: () => Promise<string>
}

export const mountMetrics = (server: FastifyInstance, { token, metrics }: Deps): void => {
  server.get('/metrics', async (request, reply) => {
    const refused = refusalOf(request, token)
    if (refused) throw refused
    reply.header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
    return metrics()
  })
}

/** Figures of the process itself. `place` tells processes apart that are summed up. */
export const createProcessFigures = (place: number | undefined): (() => Promise<string>) => {
  let register: Registry | null = null
  return () => {
    // watching the event loop costs a little, so it begins with the first who wants to know
    register ??= ofProcess(place)
    return register.metrics()
  }
}

const ofProcess = (place: number | undefined): Registry => {
  const register = new Registry()
  if (place !== undefined) register.setDefaultLabels({ process: String(place) })
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
