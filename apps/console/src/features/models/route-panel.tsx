import type { Model } from '@cockpit/contract/models'
import { type DeploymentState, defaultRoute, type ModelRoute } from '@cockpit/contract/routing'
import { Button, IconPencil, Link, Loaded, RelativeTime, Row, Stack, Stages, StatusBadge } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { mayEdit } from './may-edit.ts'
import { reasonLabels, stickyLabels, strategyLabels } from './route-strings.ts'
import { RouteTrialPanel } from './route-trial.tsx'
import { ShadowPanel } from './shadow-panel.tsx'

const t = messages('routePanel', {
  label: 'Where requests go',
  edit: 'Edit route',
  together: (what: string) => `${what} stay together.`,
  hedged: (afterMs: number | null, percent: number) =>
    `A second request goes out ${afterMs === null ? 'when one is slower than usual' : `after ${afterMs} ms`}, for up to ${percent} % of the requests.`,
  tier: (tier: number) => `tier ${tier}`,
  weight: (weight: number) => `weight ${weight}`,
  canary: (percent: number) => `canary ${percent} %`,
  busy: (busy: number, latencyMs: number | null) =>
    latencyMs === null ? `${busy} open` : `${busy} open, ${latencyMs} ms`,
  unknown: 'No request yet',
  serves: 'Serves',
  cooling: 'Rate limited',
  breaker_open: 'Rests after failures',
  credential: 'Credential refused',
  unhealthy: 'Health checks fail',
  refusal: 'The caller gets the last error',
  refusalText: 'once nothing above could answer.',
})

const everyMs = 5_000

/** The chain a call goes along, each deployment with how it is at this moment, and what would happen when some fail. */
export const RoutePanel = ({ model }: { model: Model }) => {
  const scope = useScope()
  const loaded = useLoad(
    ['models', model.id, 'route'],
    (api, signal) => api.routing.get({ params: { id: model.id } }, { signal }),
    { everyMs },
  )
  return (
    <Loaded {...loaded}>
      {({ route, states }) => (
        <Stack gap={12}>
          <Row justify="between">
            <span className="ck-muted">
              {strategyLabels[route.strategy]}
              {'. '}
              {route.sticky !== 'none' && t.together(stickyLabels[route.sticky])}
              {route.hedge && ` ${t.hedged(route.hedge.afterMs, route.hedge.percentMax)}`}
            </span>
            {mayEdit(model, scope) && (
              <Button icon={<IconPencil size={14} />} href={scope.href(`models/${model.id}/route`)}>
                {t.edit}
              </Button>
            )}
          </Row>
          <Stages label={t.label} stages={[...deploymentStages(model, route, states, scope.href), ...ends(route)]} />
          {route.shadow && <ShadowPanel model={model} shadow={route.shadow} />}
          <RouteTrialPanel model={model} />
        </Stack>
      )}
    </Loaded>
  )
}

type State = { state: DeploymentState | null; downSince: string | null }
type States = readonly (State & { connectionId: string; upstreamModel: string })[]

const deploymentStages = (model: Model, route: ModelRoute, states: States, href: (path: string) => string) =>
  optionsIn(model, route).map(({ connectionId, connectionName, upstreamModel, options }, index) => {
    const known = states.find((one) => one.connectionId === connectionId && one.upstreamModel === upstreamModel)
    return {
      id: `${connectionId} ${upstreamModel} ${index}`,
      value: index + 1,
      label: <Link href={href(`providers/${connectionId}`)}>{connectionName}</Link>,
      detail: (
        <Stack gap={4}>
          <span className="ck-mono">{upstreamModel}</span>
          {route.strategy !== 'ordered' && (
            <span>
              {t.tier(options?.tier ?? 0)}, {t.weight(options?.weight ?? 1)}
            </span>
          )}
          {options?.canaryPercent != null && <span>{t.canary(options.canaryPercent)}</span>}
          <Health state={known?.state ?? null} downSince={known?.downSince ?? null} />
        </Stack>
      ),
    }
  })

const Health = ({ state, downSince }: State) => {
  if (downSince)
    return (
      <>
        <StatusBadge status="unhealthy" tone="red" label={t.unhealthy} />
        <RelativeTime at={downSince} />
      </>
    )
  if (!state) return <StatusBadge status="unknown" tone="neutral" label={t.unknown} />
  return (
    <>
      <StatusBadge
        status={state.blocked ?? 'serves'}
        tone={state.blocked === null ? 'green' : 'red'}
        label={t[state.blocked ?? 'serves']}
      />
      <span>{t.busy(state.busy, state.latencyMs)}</span>
    </>
  )
}

const ends = ({ fallbacks }: ModelRoute) => [
  ...fallbacks.map(({ model, on }, index) => ({
    id: `fallback ${index}`,
    label: <span className="ck-mono">{model}</span>,
    detail: on.map((reason) => reasonLabels[reason]).join(', '),
    muted: true,
  })),
  { id: 'refusal', label: t.refusal, detail: t.refusalText, muted: true },
]

/** Deployments in the order in which tiers are used, with what the route says about each. */
const optionsIn = (model: Model, route: ModelRoute = defaultRoute) =>
  model.deployments
    .map((deployment) => ({
      ...deployment,
      options: route.deployments.find(
        (one) => one.connectionId === deployment.connectionId && one.upstreamModel === deployment.upstreamModel,
      ),
    }))
    .sort((a, b) => (a.options?.tier ?? 0) - (b.options?.tier ?? 0) || a.order - b.order)
