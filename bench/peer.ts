/** Something that can stand between load and upstream, and the simplest of them: nothing. */

/** Where load goes. `plain` takes whole answers, `stream` streams; for most gateways they are the same. */
export type Target = {
  port: number
  path: string
  headers: Record<string, string>
  /** Asked for in whole answers, where it is another one than everywhere. */
  model?: string
}

export type Running = {
  plain: Target
  stream: Target
  /** Streams in another dialect than the upstream's; only gateways that translate. */
  translated?: Target
  /** Where no feature is on and where all are; only Cockpit. */
  features?: { off: Target; on: Target }
  /** Root of the process tree whose cost counts; null when there is no gateway. */
  pid: number | null
  /** What the gateway itself says it did, compared with what was sent; only gateways that keep accounts. */
  accounts?: (sent: number) => Promise<Accounts>
  stop(): Promise<void>
}

export type Accounts = { sent: number; logged: number; creditsSettled: string }

export type Peer = {
  name: string
  /** What it does in this measurement, in one sentence. */
  does: string
  /** Streams at once that it is asked for, where the usual number is more than it can finish in the time of a run. */
  streamsMax?: number
  /** Whether it is asked for ten thousand streams at once too. */
  takesMany?: boolean
  version(): string
  /** Starts it in front of the upstream at `upstreamPort`; throws with the reason when it cannot run here. */
  start(upstreamPort: number): Promise<Running>
}

/** The load generator talks to the upstream itself: what every gateway is compared with. */
export const direct: Peer = {
  name: 'direct',
  does: 'No gateway: load straight to the mock upstream.',
  version: () => '',
  async start(upstreamPort) {
    const target = { port: upstreamPort, path: '/v1/chat/completions', headers: {} }
    return { plain: target, stream: target, pid: null, stop: async () => {} }
  },
}
