import { healthRoutes } from '@cockpit/contract/health'
import { providerRoutes } from '@cockpit/contract/providers'
import { allOf } from './ask.ts'
import type { Act, Acts } from './call.ts'

const alive: Act = async () => "I'm alive!"

const ready: Act = async ({ ask }) => {
  await ask(healthRoutes.ready)
  return { status: 'healthy', db: 'connected' }
}

/** What the checks and tests of connections said last; nobody is asked anew. */
const endpoints: Act = async ({ ask }) => {
  const connections = await allOf((query) => ask(providerRoutes.list, { query }))
  const isWell = ({ downSince, lastTest }: (typeof connections)[number]) => downSince === null && lastTest?.ok !== false
  const shown = (healthy: boolean) =>
    connections
      .filter((connection) => isWell(connection) === healthy)
      .map(({ id, name, kind, lastTest }) => ({
        id,
        connection: name,
        custom_llm_provider: kind,
        ...(!healthy && { error: lastTest?.reason ?? null }),
      }))
  const [healthy, unhealthy] = [shown(true), shown(false)]
  return {
    healthy_endpoints: healthy,
    unhealthy_endpoints: unhealthy,
    healthy_count: healthy.length,
    unhealthy_count: unhealthy.length,
  }
}

export const healthActs: Acts = {
  'GET /health': endpoints,
  'GET /health/liveliness': alive,
  'GET /health/liveness': alive,
  'GET /health/readiness': ready,
}
