/** What happens here, second by second, for those who watch. A call costs one look-up and a few additions. */
import { type TrafficSums, trafficOfAll, trafficRest, trafficStepSeconds } from '@cockpit/contract/traffic'
import { noTraffic, observeTime, TrafficTotals } from '@cockpit/policy'
import type { Log } from '../platform/index.ts'
import type { Call } from './call.ts'
import { serverOf } from './metrics.ts'
import type { PlanEntry } from './plans.ts'
import type { TrafficPort, TrafficRow } from './ports.ts'
import type { Outcome } from './record.ts'

const stepMs = trafficStepSeconds * 1_000
const writeEveryMs = 1_000
/** Steps that wait for a database that is away; older ones are let go. */
const stepsMax = 12
/** Of one step; beyond it, calls of an account are counted without telling their keys and models apart. */
const cellsMax = 5_000

type Cell = {
  accountId: string
  keyId: string
  model: string
  connectionId: string
  sums: TrafficSums
  reasons: Map<string, number>
}
type Step = {
  at: number
  cells: Map<string, Cell>
  /** Turned away before it was known whose they are. */
  strangers: Map<string, number>
  /** Accounts of which something is not written yet. */
  unwritten: Set<string>
}

type Deps = {
  port: TrafficPort
  processId: string
  now: () => number
  log: Log
  openStreams: () => ReadonlyMap<string, number>
}

export const createTraffic = ({ port, processId, now, log, openStreams }: Deps) => {
  let steps: Step[] = []
  let streamed = new Set<string>()
  let timer: NodeJS.Timeout | null = null
  let writing: Promise<void> | null = null

  const step = (): Step => {
    const at = now()
    const last = steps.at(-1)
    if (last && at < last.at + stepMs) return last
    const fresh = { at: at - (at % stepMs), cells: new Map(), strangers: new Map(), unwritten: new Set<string>() }
    steps = [...steps.slice(1 - stepsMax), fresh]
    return fresh
  }

  const write = async () => {
    const current = step()
    const streams = openStreams()
    for (const accountId of [...streams.keys(), ...streamed]) current.unwritten.add(accountId)
    streamed = new Set(streams.keys())
    const said = steps.map((one) => ({ one, rows: rowsOf(one, streams) })).filter(({ rows }) => rows.length > 0)
    for (const { one } of said) one.unwritten.clear()
    try {
      if (said.length > 0)
        await port.write(
          processId,
          said.flatMap(({ rows }) => rows),
        )
    } catch (error) {
      for (const { one, rows } of said) for (const { accountId } of rows) one.unwritten.add(accountId)
      log.debug({ err: error }, 'live traffic is not written; it is tried again')
    }
    steps = steps.filter((one) => one === steps.at(-1) || one.unwritten.size > 0)
  }

  const writeOnce = () => {
    writing ??= write().finally(() => {
      writing = null
    })
    return writing
  }

  return {
    /** A call that is on record. */
    settled(call: Call, { status, errorCode, usage, deployment }: Outcome, creditMicros: bigint): void {
      if (!call.account) return
      const into = step()
      const { sums, reasons } = cellFor(into.cells, call, deployment?.target.connection.id ?? '')
      into.unwritten.add(call.account.slice.account.id)
      sums.requests++
      sums.creditMicros += Number(creditMicros)
      if (usage) {
        sums.inputTokens += usage.inputTokens + usage.cachedTokens + usage.cacheWriteTokens
        sums.outputTokens += usage.outputTokens
      }
      observeTime(sums.durations, call.tookMs ?? call.elapsedMs())
      if (call.firstByteAt !== null) observeTime(sums.firstBytes, call.firstByteAt)
      if (status !== 'error' && status !== 'denied') return
      sums.errors++
      count(reasons, errorCode ?? status)
    },
    /** A call that was turned away before it was known whose it is. */
    refused(code: string): void {
      const into = step()
      count(into.strangers, code)
      into.unwritten.add(trafficOfAll)
    },
    start(): void {
      timer = setInterval(() => void writeOnce(), writeEveryMs)
      timer.unref()
    },
    /** Says the last, unless that takes too long. */
    async stop(): Promise<void> {
      if (timer) clearInterval(timer)
      const last = (async () => {
        await writing
        await writeOnce()
      })()
      await Promise.race([last, new Promise((resume) => setTimeout(resume, writeEveryMs).unref())])
    },
  }
}
export type Traffic = ReturnType<typeof createTraffic>

const count = (reasons: Map<string, number>, code: string): void => {
  reasons.set(code, (reasons.get(code) ?? 0) + 1)
}

/** The cell that calls of one plan fell into last: most fall into the same again, and its name need not be put together. */
const lastCells = new WeakMap<PlanEntry, { cells: Map<string, Cell>; connectionId: string; cell: Cell }>()

const cellFor = (cells: Map<string, Cell>, call: Call, connectionId: string): Cell => {
  const { entry, account, holder } = call
  const model = entry?.plan.model?.name
  const last = entry && model !== undefined ? lastCells.get(entry) : undefined
  if (last && last.cells === cells && last.connectionId === connectionId) return last.cell
  const cell = cellOf(cells, {
    accountId: account?.slice.account.id ?? '',
    keyId: holder?.id ?? '',
    model: model ?? serverOf(call),
    connectionId,
  })
  if (entry && model !== undefined) lastCells.set(entry, { cells, connectionId, cell })
  return cell
}

type Named = Pick<Cell, 'accountId' | 'keyId' | 'model' | 'connectionId'>
const cellOf = (cells: Map<string, Cell>, named: Named): Cell => {
  const name = `${named.accountId}\n${named.keyId}\n${named.connectionId}\n${named.model}`
  const known = cells.get(name)
  if (known) return known
  if (cells.size >= cellsMax && named.keyId !== trafficRest)
    return cellOf(cells, { ...named, keyId: trafficRest, model: trafficRest, connectionId: trafficRest })
  const fresh: Cell = { ...named, sums: noTraffic(), reasons: new Map() }
  cells.set(name, fresh)
  return fresh
}

/** The rows that changed, and with any of them the sums of all accounts. */
const rowsOf = ({ at, cells, strangers, unwritten }: Step, streams: ReadonlyMap<string, number>): TrafficRow[] => {
  if (unwritten.size === 0) return []
  const whole = new TrafficTotals()
  const accounts = new Map([...unwritten].map((accountId) => [accountId, new TrafficTotals()]))
  accounts.set(trafficOfAll, whole)
  for (const { accountId, keyId: keys, model: models, connectionId: connections, sums, reasons } of cells.values()) {
    whole.add(sums, { models, connections, accounts: accountId }, reasons)
    accounts.get(accountId)?.add(sums, { models, connections, keys }, reasons)
  }
  for (const [code, some] of strangers) whole.refused(code, some)
  const open = [...streams.values()].reduce((sum, some) => sum + some, 0)
  return [...accounts].map(([accountId, totals]) => ({
    accountId,
    at,
    openStreams: accountId === trafficOfAll ? open : (streams.get(accountId) ?? 0),
    body: totals.body(),
  }))
}
