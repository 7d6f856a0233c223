import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { SliceConnection } from '@cockpit/contract/snapshot'
import { type CallPlan, type CandidateLoad, loopback, type RateFigure } from '@cockpit/policy'
import { systemClock } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import type { Clock, Log } from '../platform/index.ts'
import { sendRefusal } from './answer.ts'
import { createAnswerCache } from './cache/index.ts'
import type { Call } from './call.ts'
import { createCalls } from './calls.ts'
import { createCaps } from './caps/index.ts'
import { defaultConfig, type GatewayConfig } from './config.ts'
import { createCountTokens } from './count-tokens.ts'
import { createEdge, isEndpoint } from './edge.ts'
import { createEmbed } from './embedding.ts'
import { createFunds, type LeaseRoom } from './funds/index.ts'
import { createOutside } from './guards/index.ts'
import { type CallRequest, type CallResponse, createLane } from './lane/index.ts'
import { createLimits } from './limits.ts'
import { createMcp } from './mcp/index.ts'
import { createMeter } from './meter/index.ts'
import { createMetrics } from './metrics.ts'
import { createOrigin } from './origin.ts'
import { createPipeline } from './pipeline.ts'
import { createPlans } from './plans.ts'
import type {
  AddressPort,
  BudgetPort,
  CapPort,
  DenialPort,
  McpPort,
  RatePort,
  SecretPort,
  ShadowPort,
  SharedAnswersPort,
  SnapshotPort,
  TokenPort,
  TrafficPort,
  UsagePort,
} from './ports.ts'
import { createDemoServer, type DemoServer } from './providers/index.ts'
import { createRealtime } from './realtime/index.ts'
import { refusal } from './refusal.ts'
import { createRevoke } from './revoke.ts'
import { createRoute } from './route.ts'
import { createLoads, createRouteMetrics } from './routing/index.ts'
import { createSettle } from './settle.ts'
import { createShadowing } from './shadowing.ts'
import { createSharing } from './sharing.ts'
import { createSnapshotStore } from './snapshot/index.ts'
import {
  batchRoutes,
  createBackground,
  createLineCalls,
  createPrepare,
  createReferences,
  createStoredEdge,
  createTurns,
  fileRoutes,
  messageBatchRoutes,
  responseRoutes,
  type StorePort,
} from './stored/index.ts'
import { createOther } from './through/index.ts'
import { createTokenCallers } from './token-callers.ts'
import { createTraffic } from './traffic.ts'
import { createTargets, type Failure } from './upstream/index.ts'

export type GatewayDeps = {
  snapshots: SnapshotPort
  budget: BudgetPort
  usage: UsagePort
  secrets: SecretPort
  addresses: AddressPort
  /** Tokens of identity providers; without it there are none. */
  tokens?: TokenPort
  denials?: DenialPort
  /** Who shows live traffic; without it none is counted. */
  traffic?: TrafficPort
  /** Who compares copies of calls with the calls; without it none are made. */
  shadows?: ShadowPort
  /** MCP servers; without it there are none. */
  mcp?: McpPort & {
    publicUrl: string
    /** Identity providers that clients are sent to for a token. */
    issuers: readonly string[]
  }
  /** Answers that other processes have kept; without it each has its own only. */
  sharedAnswers?: SharedAnswersPort | null
  /** How rate limits are shared with other processes; without it each counts alone. */
  rates?: RatePort
  /** What runs, sessions and agents use; without it no call that has such a cap is made. */
  caps?: CapPort
  /** What is kept for callers; without it nothing is. */
  store?: StorePort & { /** Where callers reach it. */ publicUrl: string }
  /** Networks of proxies whose `x-forwarded-for` counts; this machine's when absent. */
  trustedProxies?: readonly string[]
  dataDir: string
  now: Clock
  log: Log
  /** 0 to 1. */
  random?: () => number
  config?: Partial<GatewayConfig>
}

const noTokens: TokenPort = { mayBe: () => false, known: () => undefined, verify: async () => null }
const shareForCalls = 0.7
const cutMs = 500

export type DeploymentFigures = CandidateLoad & { failures: number }
type Drained = { callsFinished: boolean; usageShipped: boolean }

export const createGateway = (deps: GatewayDeps) => {
  const { dataDir, log, random = Math.random } = deps
  const config = { ...defaultConfig, ...deps.config }
  // asked several times for each call, and of the system's clock nobody needs a Date
  const now = deps.now === systemClock ? () => Date.now() : () => deps.now().getTime()
  const id = (prefix: string) => () => newId(prefix, deps.now())
  const processId = newId('gw', deps.now())
  let draining = false
  let drained: Promise<Drained> | null = null
  let demo: DemoServer | null = null

  const calls = createCalls()
  const metrics = createMetrics()
  const sharing = deps.rates ? createSharing({ rates: deps.rates, processId, now, log }) : null
  const limits = createLimits(sharing)
  const funds = createFunds({
    budget: deps.budget,
    processId,
    ttlMs: config.leaseTtlMs,
    now,
    newId: id('hold'),
    log,
    catchUp: () => meter.catchUp(),
  })
  const meter = createMeter({
    dataDir,
    processId,
    usage: deps.usage,
    log,
    config,
    onShipped: (leases) => funds.onShipped(leases),
    onInherited: (processId) => deps.budget.releaseAll({ processId }),
  })
  const snapshot = createSnapshotStore({
    source: deps.snapshots,
    dataDir,
    log,
    pollEveryMs: config.pollEveryMs,
    onSwap: (accountId) => revoke(accountId),
  })
  const world = () => snapshot.current()
  const targets = createTargets({
    secrets: deps.secrets,
    addresses: deps.addresses,
    log,
    config,
    demoUrl: () => demo?.url ?? null,
  })
  const routeMetrics = createRouteMetrics()
  const loads = createLoads({
    onChange({ to, ...deployment }) {
      routeMetrics.breaker(to)
      log.warn(deployment, to === 'open' ? 'a deployment failed too often and rests' : 'a deployment serves again')
    },
  })
  const { secrets, addresses } = deps
  const outside = createOutside({ secrets, addresses, allowPrivateTargets: config.allowPrivateTargets, log, now })
  const plans = createPlans({ limits, funds, targets, loads, outside, now, random })
  const traffic = deps.traffic
    ? createTraffic({ port: deps.traffic, processId, now, log, openStreams: calls.streamsByAccount })
    : null
  const shadowing = deps.shadows
    ? createShadowing({
        ...{ port: deps.shadows, calls, config, now, world, newId: id('req') },
        pipeline: () => pipeline,
        draining: () => draining,
      })
    : null
  const onShadowed = shadowing?.ended ?? null
  const caps = createCaps({ port: deps.caps ?? null, newId: id('work'), now, log })
  const settle = createSettle({ calls, caps, limits, meter, metrics, traffic, onShadowed, config, now })

  /** A bug must cost one call and not the process, and must neither bill nor keep what the call had reserved. */
  const onBug = (call: Call, error: unknown): void => {
    log.error({ err: error, requestId: call.id }, 'call failed inside the gateway')
    const sorry = refusal(
      'internal.error',
      `Something went wrong inside the gateway. Its log tells more about ${call.id}.`,
    )
    const outcome = {
      httpStatus: 500,
      errorCode: sorry.code,
      errorMessage: sorry.message,
      usage: null,
      deployment: null,
    }
    try {
      settle(call, { status: 'error', ...outcome }, () => sendRefusal(call, sorry))
    } catch {
      // the bug is in the record itself: it must not keep the caller waiting
      sendRefusal(call, sorry)
      calls.done(call)
    }
  }

  /** Every call finds it out anew, so it is said once a minute: in the provider's own words, which callers do not get. */
  const refusedAt = new WeakMap<SliceConnection, number>()
  const onRefusedCredential = (connection: SliceConnection, { detail, message }: Failure): void => {
    const at = now()
    if (at - (refusedAt.get(connection) ?? 0) < 60_000) return
    refusedAt.set(connection, at)
    log.warn({ connectionId: connection.id, said: detail ?? message }, 'a provider refuses a credential')
  }

  const cache = createAnswerCache({
    ...{ settle, now, shared: deps.sharedAnswers ?? null, bytesMax: config.cacheBytesMax },
    embed: createEmbed({ pipeline: () => pipeline, newId: id('req'), now }),
    embeddingTimeoutMs: config.embeddingTimeoutMs,
    questionBytesMax: config.questionBytesMax,
  })
  const route = createRoute({
    settle,
    cache,
    calls,
    config,
    random,
    onBug,
    onRefusedCredential,
    fallBack: (call, model) => pipeline.fallBack(call, model),
    draw: (call, shadow) => shadowing?.draw(call, shadow),
    metrics: routeMetrics,
    newId: id('req'),
    now,
  })
  const origin = createOrigin({ trustedProxies: deps.trustedProxies ?? loopback, denials: deps.denials })
  const revoke = createRevoke({ calls, funds, origin, world, onBug })
  const background = deps.store
    ? createBackground({ port: deps.store.responses, line: (line) => callLine(line), log, now })
    : null
  const turns = deps.store && background ? createTurns({ port: deps.store.responses, background, log, config }) : null
  const pipeline = createPipeline({
    snapshot,
    prepare:
      turns && deps.store
        ? createPrepare({ turns, references: createReferences({ files: deps.store.files, log, config }) })
        : null,
    tokens: createTokenCallers({ tokens: deps.tokens ?? noTokens, world }),
    origin,
    plans,
    limits,
    caps,
    meter,
    metrics,
    traffic,
    calls,
    settle,
    cache,
    route,
    sendOther: createOther({ settle, calls, onBug, onRefusedCredential }),
    onSession: (call) => realtime.granted(call),
    countTokens: createCountTokens({ calls, onBug }),
    config,
    now,
    draining: () => draining,
    onBug,
  })
  const realtime = createRealtime({
    ...{ calls, settle, config, onBug, onRefusedCredential, now, newId: id('req') },
    pipeline: () => pipeline,
  })
  const callLine = createLineCalls({ pipeline, world })
  const stored = deps.store
    ? createStoredEdge({
        ...{ pipeline, calls, now, newId: id('req'), onBug },
        routes: [
          ...responseRoutes(deps.store.responses, (id) => background?.abort(id)),
          ...fileRoutes(deps.store.files, now),
          ...batchRoutes({ ...deps.store, config }),
          ...messageBatchRoutes({ ...deps.store, config }),
        ],
      })
    : null
  const mcp =
    deps.mcp &&
    createMcp({
      ...{ ...deps.mcp, mcp: deps.mcp, secrets, addresses, funds, limits, outside },
      ...{ calls, settle, config, pipeline, now, newId: id('req'), onBug },
    })
  const edge = createEdge({ pipeline, calls, now, newId: (at) => newId('req', at), onBug, stored })
  const lane = createLane({ takes: isEndpoint, handle: (req, res) => void edge(req, res), now })

  const drain = async (timeoutMs: number): Promise<Drained> => {
    draining = true
    realtime.retire()
    const startedAt = performance.now()
    const callsFinished = await calls.idle(timeoutMs * shareForCalls)
    if (!callsFinished) await cutOpenCalls()
    await turns?.idle()
    const usageShipped = await meter.drain(Math.max(500, timeoutMs - (performance.now() - startedAt)))
    // a lease whose records are still here must stay reserved until they are booked
    await (usageShipped ? funds.drain() : funds.stop())
    await caps.drain()
    await sharing?.stop()
    await traffic?.stop()
    calls.stop()
    lane.close()
    await snapshot.stop()
    await targets.close()
    await outside.close()
    await mcp?.close()
    await demo?.close()
    return { callsFinished, usageShipped }
  }

  /** First as if their callers had hung up; what its connection still wants to read to the end is out of time. */
  const cutOpenCalls = async () => {
    calls.each((call) => call.res.destroy())
    if (!(await calls.idle(cutMs))) calls.each((call) => call.onDeadline())
    await calls.idle(cutMs)
  }

  return {
    /** Takes a request when it is a call to a model; false leaves it untouched for another handler. */
    handle: (req: CallRequest, res: CallResponse): boolean => edge(req, res) || (mcp?.handle(req, res) ?? false),
    /** Serves plain calls on the connections of a server by itself, which costs half; everything else stays the server's. */
    standBefore(server: Server, hears?: (socket: Socket, bytes: Buffer) => void): void {
      realtime.listen(server)
      lane.standBefore(server, hears)
    },
    /** `serve: false` only follows the snapshot, for a process that explains calls and takes none. */
    async start({ serve }: { serve: boolean } = { serve: true }): Promise<void> {
      await snapshot.start()
      if (!serve) return
      demo = await createDemoServer({ now })
      await sharing?.start()
      calls.start()
      funds.start()
      meter.start()
      traffic?.start()
    },
    /** What keeps it from serving; empty when it is ready. */
    notReady(): string[] {
      return [
        ...(draining ? ['gateway is draining'] : []),
        ...(snapshot.ready() ? [] : ['no snapshot yet']),
        ...(meter.failing() ? ['write-ahead file cannot be written'] : []),
      ]
    },
    /** Finishes open calls, ships their usage and gives reserved credits back, all within the time. */
    drain(timeoutMs: number): Promise<Drained> {
      drained ??= drain(timeoutMs)
      return drained
    },
    /** Makes one call of a batch; answers when it has ended, whatever its end. */
    callLine,
    /** The world that calls are decided over at this moment. */
    world,
    /** What this process has counted against the rate limits of a plan; asking takes nothing. */
    counted: (limitIds: readonly string[]) => limits.counted(new Set(limitIds), now()),
    rates: (plan: CallPlan): RateFigure[] => limits.look(limits.gateFor(plan.rateScopes, now()), now()),
    /** What this process knows of a deployment; null where it made no call over it. */
    deploymentLoad: (connectionId: string, upstreamModel: string): DeploymentFigures | null => {
      const load = loads.find(connectionId, upstreamModel)
      return load ? { ...load.look(now()), failures: load.failures } : null
    },
    /** What this process has leased through a budget node and can still give to calls. */
    leaseRoom: (nodeId: string): LeaseRoom => funds.leaseRoom(nodeId),
    /** Figures of this process in the text format of Prometheus. */
    metrics(): string {
      const { activeCalls, activeStreams } = calls.stats()
      const calledMetrics = metrics.text([
        { name: 'cockpit_open_calls', help: 'Calls that are open now', value: activeCalls },
        { name: 'cockpit_open_streams', help: 'Calls whose answer is being streamed', value: activeStreams },
        { name: 'cockpit_unshipped_records', help: 'Usage records not yet in the database', value: meter.backlog() },
        { name: 'cockpit_gateway_ready', help: '1 while it takes calls', value: snapshot.ready() && !draining ? 1 : 0 },
      ])
      return calledMetrics + routeMetrics.text(loads, now()) + cache.metrics()
    },
    stats: () => ({ ...calls.stats(), unshippedRecords: meter.backlog() }),
    activeStreams: (accountId: string | null) => calls.activeStreams(accountId),
  }
}
export type Gateway = ReturnType<typeof createGateway>
