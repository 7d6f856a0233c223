/** What the gateway's tests stand on: slices, a ledger in memory with the rules of the real one, scripted upstreams, a caller. */
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Server as NetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  AccountSlice,
  PlatformSlice,
  Slice,
  SliceConnection,
  SliceKey,
  SliceModel,
} from '@cockpit/contract/snapshot'
import { readUsageLine } from '@cockpit/contract/usage-line'
import { type TracePlan, UsageRecord } from '@cockpit/contract/usage-record'
import { afterEach } from 'vitest'
import { createLog } from '../platform/index.ts'
import { createGateway, type GatewayDeps } from './gateway.ts'
import type {
  BudgetPort,
  GrowOutcome,
  LedgerFigures,
  ReserveInput,
  ReserveOutcome,
  SnapshotPort,
  UsageBatch,
  UsagePort,
} from './ports.ts'

/** What a test began and has to stop: when it is over all of it stops, the last first. */
export const stopsOfTest = (): (() => unknown)[] => {
  const stops: (() => unknown)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })
  return stops
}

export const secretOf = (name: string) => `sk-test-${name}`
export const unlimited = { rpm: null, tpm: null }

export const connectionTo = (baseUrl: string, differs: Partial<SliceConnection> = {}): SliceConnection => ({
  id: 'con_1',
  name: 'Main',
  kind: 'openai-compatible',
  baseUrl,
  sealedSecret: 'sealed-upstream-secret',
  secretContext: 'platform|con_1|secret',
  onDisconnect: 'abort',
  timeouts: { connectMs: 1_000, firstByteMs: 2_000, idleMs: 2_000, totalMs: 20_000 },
  maxRetries: 2,
  status: 'active',
  ...differs,
})

export const modelNamed = (name: string, differs: Partial<SliceModel> = {}): SliceModel => ({
  id: `mdl_${name}`,
  name,
  displayName: name,
  capabilities: ['chat', 'streaming', 'embeddings', 'tools', 'vision'],
  contextTokens: null,
  outputTokensMax: null,
  status: 'active',
  prices: [
    {
      version: 3,
      effectiveFrom: 0,
      input: 1_000_000,
      output: 2_000_000,
      cachedInput: 500_000,
      cacheWrite: 1_250_000,
      reasoning: 2_000_000,
    },
  ],
  deployments: [{ connectionId: 'con_1', upstreamModel: name }],
  ...differs,
})

export const platformSlice = (differs: Partial<PlatformSlice>): PlatformSlice => ({
  kind: 'platform',
  version: 1,
  compiledAt: 0,
  connections: [],
  models: [],
  ...differs,
})

export const keyNamed = (name: string, differs: Partial<SliceKey> = {}): SliceKey => ({
  id: `key_${name}`,
  name,
  purpose: 'gateway',
  hash: hash('sha256', secretOf(name), 'hex'),
  previousHash: null,
  previousValidUntil: null,
  owner: { kind: 'user', id: 'usr_1' },
  teamId: null,
  models: null,
  limits: unlimited,
  expiresAt: null,
  revokedAt: null,
  ...differs,
})

export const accountSlice = (differs: Partial<AccountSlice> = {}): AccountSlice => ({
  kind: 'account',
  version: 2,
  compiledAt: 0,
  account: {
    id: 'acc_1',
    name: 'Acme',
    status: 'active',
    timezone: 'UTC',
    creditsFactor: '1',
    limits: unlimited,
    logContent: false,
  },
  orgs: [{ id: 'org_1', name: 'global' }],
  teams: [{ id: 'team_1', name: 'Support', orgId: 'org_1', limits: unlimited }],
  users: [{ id: 'usr_1', name: 'Ada', role: 'end_user', status: 'active', limits: unlimited, teamIds: ['team_1'] }],
  serviceAccounts: [],
  keys: [keyNamed('ada')],
  connections: [],
  models: [],
  eligibility: { mode: 'all', modelIds: [] },
  selection: { mode: 'all', modelIds: [] },
  budget: {
    planId: 'pln_1',
    planName: 'Monthly',
    allowPoolDraw: true,
    timezone: 'UTC',
    cycle: { id: 'cyc_1', startsAt: 0, endsAt: null },
    nodes: [
      {
        id: 'bud_root',
        parentId: null,
        mode: 'carve',
        limit: '1000000000',
        scope: { type: 'account', id: 'acc_1', name: 'Acme' },
      },
    ],
  },
  ...differs,
})

/** A source of slices that a test can change while a gateway follows it. */
export const memorySnapshots = (
  ...slices: Slice[]
): SnapshotPort & { publish(slice: Slice): void; remove(accountId: string): void } => {
  let version = 0
  const rows = new Map<string, { version: number; accountId: string; body: string | null }>()
  const listeners = new Set<() => void>()
  const put = (accountId: string, body: string | null) => {
    version++
    rows.set(accountId, { version, accountId, body })
    for (const listen of listeners) listen()
  }
  const publish = (slice: Slice) =>
    put(slice.kind === 'platform' ? 'platform' : slice.account.id, JSON.stringify({ ...slice, version: version + 1 }))
  for (const slice of slices) publish(slice)
  return {
    publish,
    remove: (accountId) => put(accountId, null),
    async since(after) {
      return [...rows.values()].filter((row) => row.version > after).sort((a, b) => a.version - b.version)
    },
    async onChange(changed) {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
  }
}

type Node = { limit: bigint; held: bigint; settled: bigint }
type StoredHold = ReserveInput & { used: bigint; state: 'held' | 'ended'; expiresAt: number }

/** The ledger's rules without a database: all of a path or nothing, every id once, a lease is used up by its records. */
export class MemoryLedger implements BudgetPort, UsagePort {
  readonly nodes = new Map<string, Node>()
  readonly holds = new Map<string, StoredHold>()
  readonly records = new Map<string, UsageRecord>()
  readonly plans = new Map<string, TracePlan>()
  duplicates = 0
  reserves = 0
  overdrafts = 0
  down = false

  constructor(limits: Record<string, bigint>) {
    for (const [id, limit] of Object.entries(limits)) this.nodes.set(id, { limit, held: 0n, settled: 0n })
  }

  async reserve(input: ReserveInput): Promise<ReserveOutcome> {
    await this.#answer()
    this.reserves++
    if (this.holds.has(input.id)) return { outcome: 'duplicate' }
    const path = input.path.map((id) => [id, this.#node(id)] as const)
    const blocked = path.find(([, node]) => node.limit - node.held - node.settled < input.amount)
    if (blocked) return { outcome: 'denied', nodeId: blocked[0], figures: this.#figures(input.path) }
    for (const [, node] of path) node.held += input.amount
    this.holds.set(input.id, { ...input, used: 0n, state: 'held', expiresAt: Date.now() + input.ttlMs })
    return { outcome: 'held', figures: this.#figures(input.path), expiresAt: Date.now() + input.ttlMs }
  }

  async grow({ id, amount }: { id: string; amount: bigint }): Promise<GrowOutcome> {
    await this.#answer()
    this.reserves++
    const hold = this.holds.get(id)
    if (hold?.state !== 'held') return { outcome: 'gone' }
    const path = hold.path.map((id) => [id, this.#node(id)] as const)
    const blocked = path.find(([, node]) => node.limit - node.held - node.settled < amount)
    if (blocked) return { outcome: 'denied', nodeId: blocked[0], figures: this.#figures(hold.path) }
    for (const [, node] of path) node.held += amount
    hold.amount += amount
    return { outcome: 'held', figures: this.#figures(hold.path) }
  }

  async release({ id }: { id: string }): Promise<void> {
    await this.#answer()
    const hold = this.holds.get(id)
    if (hold?.state !== 'held') return
    hold.state = 'ended'
    for (const node of hold.path) this.#node(node).held -= hold.amount - hold.used
  }

  async releaseAll({ processId }: { processId: string }): Promise<void> {
    for (const hold of this.holds.values()) if (hold.processId === processId) await this.release(hold)
  }

  async renew({ id, ttlMs }: { id: string; ttlMs: number }): Promise<number | null> {
    await this.#answer()
    const hold = this.holds.get(id)
    if (hold?.state !== 'held') return null
    hold.expiresAt = Date.now() + ttlMs
    return hold.expiresAt
  }

  async ship({ plans, lines }: UsageBatch): Promise<void> {
    const records = lines
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => UsageRecord.parse(readUsageLine(line)))
    await this.#answer()
    for (const plan of plans) this.plans.set(plan.id, plan)
    for (const record of records) {
      if (this.records.has(record.id)) this.duplicates++
      else this.#book(record)
    }
  }

  #book(record: UsageRecord): void {
    this.records.set(record.id, record)
    const cost = BigInt(record.creditMicros)
    const hold = record.hold && this.holds.get(record.hold.id)
    const open = hold?.state === 'held' ? hold.amount - hold.used : 0n
    const covered = cost < open ? cost : open
    const released = hold?.kind === 'hold' ? open : covered
    if (hold?.state === 'held') {
      hold.used += covered
      if (hold.kind === 'hold') hold.state = 'ended'
    }
    for (const id of hold?.path ?? [...this.nodes.keys()].slice(0, 1)) {
      const node = this.#node(id)
      node.held -= released
      node.settled += cost
      if (node.held + node.settled > node.limit) this.overdrafts++
    }
  }

  async #answer(): Promise<void> {
    await new Promise((resume) => setImmediate(resume))
    if (this.down) throw new Error('the ledger is down')
  }

  #node(id: string): Node {
    const node = this.nodes.get(id)
    if (!node) throw new Error(`no node ${id}`)
    return node
  }

  #figures(path: readonly string[]): LedgerFigures[] {
    return path.map((nodeId) => ({ nodeId, ...this.#node(nodeId) }))
  }
}

export type Upstream = { url: string; requests: Seen[]; open: () => number; close: () => Promise<void> }
export type Seen = {
  method: string
  url: string
  headers: IncomingMessage['headers']
  text: string
  closed: Promise<void>
}

/** An HTTP server that answers as the test says. */
export const upstream = async (
  answer: (seen: Seen, res: ServerResponse) => void | Promise<void>,
): Promise<Upstream> => {
  const requests: Seen[] = []
  let open = 0
  const server = createServer((req, res) => {
    open++
    const closed = new Promise<void>((resolve) =>
      res.on('close', () => {
        open--
        resolve()
      }),
    )
    const pieces: Buffer[] = []
    req.on('data', (piece) => pieces.push(piece))
    req.on('end', () => {
      const seen = {
        method: req.method ?? '',
        url: req.url ?? '',
        headers: req.headers,
        text: Buffer.concat(pieces).toString('utf8'),
        closed,
      }
      requests.push(seen)
      void answer(seen, res)
    })
  })
  const url = await listen(server)
  return { url, requests, open: () => open, close: () => closeServer(server) }
}

export const listen = (server: NetServer): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  })

export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

export const completion = (
  text: string,
  usage: unknown = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'upstream-name',
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  ...(usage === null ? {} : { usage }),
})

export const sendJson = (
  res: ServerResponse,
  value: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void => {
  res.writeHead(status, { 'content-type': 'application/json', ...headers })
  res.end(JSON.stringify(value))
}

export type Running = Awaited<ReturnType<typeof runGateway>>

/** A gateway on a port of its own with a ledger in memory. */
export const runGateway = async (
  slices: readonly Slice[],
  differs: Partial<GatewayDeps> & { ledger?: MemoryLedger } = {},
) => {
  const ledger = differs.ledger ?? new MemoryLedger({ bud_root: 1_000_000_000n })
  const snapshots = memorySnapshots(...slices)
  const ownDir = differs.dataDir === undefined
  const dataDir = differs.dataDir ?? mkdtempSync(join(tmpdir(), 'cockpit-gateway-'))
  const gateway = createGateway({
    snapshots,
    budget: ledger,
    usage: ledger,
    secrets: { open: (sealed) => sealed.replace('sealed-', '') },
    addresses: { isPrivate: (address) => address.startsWith('127.') },
    now: () => new Date(),
    log: createLog('silent'),
    ...differs,
    dataDir,
  })
  await gateway.start()
  const server = createServer((req, res) => {
    if (gateway.handle(req, res)) return
    res.writeHead(404).end('not the gateway')
  })
  gateway.standBefore(server)
  const url = await listen(server)
  let stopped = false
  const stop = async () => {
    if (stopped) return
    stopped = true
    await gateway.drain(3_000)
    await closeServer(server)
    if (ownDir) rmSync(dataDir, { recursive: true, force: true })
  }
  return { gateway, server, url, ledger, snapshots, dataDir, stop }
}

export type Answer = { status: number; headers: IncomingMessage['headers']; text: string; pieces: string[] }
type Send = {
  key?: string
  body?: unknown
  raw?: string | Buffer
  method?: string
  headers?: Record<string, string>
  onPiece?: (text: string, req: { destroy(): void }) => void
}

/** One request on a connection of its own. */
export const send = (
  base: string,
  path: string,
  { key = 'ada', body, raw, method = 'POST', headers = {}, onPiece }: Send = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const req = request(
      `${base}${path}`,
      {
        method,
        agent: false,
        headers: {
          ...(key === '' ? {} : { authorization: `Bearer ${secretOf(key)}` }),
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
          ...headers,
        },
      },
      (res) => {
        const pieces: string[] = []
        res.setEncoding('utf8')
        res.on('data', (piece: string) => {
          pieces.push(piece)
          onPiece?.(piece, req)
        })
        res.on('end', () =>
          resolve({ status: res.statusCode ?? 0, headers: res.headers, text: pieces.join(''), pieces }),
        )
        res.on('error', reject)
      },
    )
    req.on('error', reject)
    req.end(payload)
  })

export const chat = (base: string, body: Record<string, unknown> = {}, more: Send = {}): Promise<Answer> =>
  send(base, '/v1/chat/completions', {
    body: { model: 'small', messages: [{ role: 'user', content: 'Hello' }], ...body },
    ...more,
  })

/** Waits until something becomes true, for as long as a test may. */
export const until = async (holds: () => boolean, what: string, timeoutMs = 4_000): Promise<void> => {
  const deadline = Date.now() + timeoutMs
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`)
    await new Promise((resume) => setTimeout(resume, 5))
  }
}

export const sse = (...events: unknown[]): string =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('')

export const chunk = (content: string, finish: string | null = null, more: Record<string, unknown> = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'upstream-name',
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  ...more,
})
