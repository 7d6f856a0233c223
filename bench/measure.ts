/** The measurements. Each one visits every gateway in turn, round after round, so that noise meets all of them. */
import {
  closedLoop,
  jsonAnswer,
  type Load,
  median,
  messagesAnswer,
  openStreams,
  percentile,
  streamAnswer,
} from './load.ts'
import type { Running, Target } from './peer.ts'
import { type Cost, costOf, quiet } from './processes.ts'
import {
  ANSWER_BYTES,
  BRIEF_EVENTS,
  CALM_EVENTS,
  chatBody,
  MODELS,
  messagesBody,
  PACED_EVENTS,
  requestBytes,
  STREAM_EVENTS,
} from './wire.ts'

export type Plan = {
  rounds: number
  roundMs: number
  warmUpMs: number
  slowStreams: number
  slowModel: typeof MODELS.slow | typeof MODELS.brief
  rampMs: number
  /** Streams on the gateways that take many; null: none. */
  many: Streams | null
}

type Streams = { model: keyof typeof EVENTS; count: number; rampMs: number }
const EVENTS = { [MODELS.slow]: STREAM_EVENTS, [MODELS.brief]: BRIEF_EVENTS, [MODELS.calm]: CALM_EVENTS }

export type Subject = {
  name: string
  running: Running
  streamsMax: number | null
  takesMany: boolean
  mockPid: number
  rounds: Record<string, Sample[]>
  errors: string[]
  sent: number
}

/** One round of one measurement on one gateway. */
export type Sample = {
  requests: number
  rps: number
  p50: number
  p99: number
  ttftP50: number
  ttftP99: number
  /** CPU of the gateway's process tree for one request, until it was idle again; null without a gateway. */
  cpuUs: number | null
  cpuUsBy: Record<string, number>
  /** CPU of the mock upstream for one request. */
  mockCpuUs: number
  /** Only of slow streams. */
  memory?: Memory
}

export type Memory = {
  streams: number
  events: number
  idleMb: number
  peakMb: number
  kbPerStream: number
  kbPerStreamBy: Record<string, number>
  peakMbBy: Record<string, number>
}

const SHORT = 1_000
const LONG = 100_000

type Work = (subject: Subject) => Promise<Load>

const plainLoop =
  (
    bytes: number,
    connections: number,
    ms: number,
    target: (running: Running) => Target | undefined = ({ plain }) => plain,
  ): Work =>
  ({ running }) => {
    const { port, path, headers, model = MODELS.json } = target(running) ?? running.plain
    const request = requestBytes(port, path, headers, chatBody(model, bytes))
    return closedLoop(port, request, connections, ms, jsonAnswer(ANSWER_BYTES))
  }

const streamLoop =
  (connections: number, ms: number, model: string = MODELS.stream, events = STREAM_EVENTS): Work =>
  ({ running: { stream } }) =>
    closedLoop(
      stream.port,
      requestBytes(stream.port, stream.path, stream.headers, chatBody(model, SHORT)),
      connections,
      ms,
      streamAnswer(events),
    )

/** What the upstream streams, said in another dialect. */
const translatedLoop =
  (connections: number, ms: number): Work =>
  ({ running: { translated } }) => {
    if (!translated) throw new Error('it does not translate')
    const { port, path, headers } = translated
    const request = requestBytes(port, path, headers, messagesBody(MODELS.stream, SHORT))
    return closedLoop(port, request, connections, ms, messagesAnswer(STREAM_EVENTS - 4))
  }

/** Memory first, while no load has grown it yet; then, warmed up, the rest in interleaved rounds. */
export async function measureAll(subjects: Subject[], plan: Plan, say: (line: string) => void): Promise<void> {
  for (const subject of subjects) {
    await round(subject, 'warm-up', plainLoop(SHORT, 4, plan.warmUpMs / 4))
    await round(subject, 'warm-up', streamLoop(4, plan.warmUpMs / 4))
    const slow = { model: plan.slowModel, count: Math.min(plan.slowStreams, subject.streamsMax ?? plan.slowStreams) }
    await manyStreams(subject, 'slow', { ...slow, rampMs: plan.rampMs })
    say(`slow          ${summary(subject, 'slow')}`)
  }
  const { many } = plan
  for (const subject of subjects.filter(({ takesMany }) => takesMany)) {
    if (!many) continue
    await manyStreams(subject, 'many', many)
    say(`many          ${summary(subject, 'many')}`)
  }
  for (const subject of subjects) {
    await round(subject, 'warm-up', plainLoop(SHORT, 64, plan.warmUpMs))
    await round(subject, 'warm-up', streamLoop(32, plan.warmUpMs))
  }
  const fewer = Math.ceil(plan.rounds * 0.6)
  const measurements: [name: string, work: Work, rounds: number, on?: (subject: Subject) => boolean][] = [
    ['json', plainLoop(SHORT, 64, plan.roundMs), plan.rounds],
    ['prompt100k', plainLoop(LONG, 16, plan.roundMs), fewer],
    ['stream', streamLoop(32, plan.roundMs), fewer],
    ['translated', translatedLoop(32, plan.roundMs), fewer, ({ running }) => running.translated !== undefined],
    ['single', plainLoop(SHORT, 1, plan.roundMs * 0.7), fewer],
    ['ttft', streamLoop(1, plan.roundMs * 0.7, MODELS.paced, PACED_EVENTS), fewer],
  ]
  for (const [name, work, rounds, on = () => true] of measurements) {
    const measured = subjects.filter(on)
    for (let nth = 0; nth < rounds; nth++) for (const subject of measured) await round(subject, name, work)
    for (const subject of measured) say(`${name.padEnd(12)}  ${summary(subject, name)}`)
  }
  for (const subject of subjects) if (subject.running.features) await measureFeatures(subject, plan, say)
}

/** With no feature and with all of them, in turn. */
async function measureFeatures(subject: Subject, plan: Plan, say: (line: string) => void): Promise<void> {
  const loops: [name: string, work: Work][] = [
    ['features_off', plainLoop(SHORT, 64, plan.roundMs, ({ features }) => features?.off)],
    ['features_on', plainLoop(SHORT, 64, plan.roundMs, ({ features }) => features?.on)],
  ]
  for (const [, work] of loops) await round(subject, 'warm-up', work)
  for (let nth = 0; nth < plan.rounds; nth++) for (const [name, work] of loops) await round(subject, name, work)
  for (const [name] of loops) say(`${name.padEnd(12)}  ${summary(subject, name)}`)
}

async function round(subject: Subject, name: string, work: Work): Promise<void> {
  // a gateway that answered wrongly once is not measured any further
  if (subject.errors.length > 0) return
  const { pid } = subject.running
  const before = pid ? costOf(pid) : null
  const mockBefore = costOf(subject.mockPid)
  const load = await work(subject)
  const mockCpuUs = (costOf(subject.mockPid).cpuUs - mockBefore.cpuUs) / load.requests
  if (pid) await quiet(pid)
  const after = pid ? costOf(pid) : null
  keep(subject, name, load, before && after ? spent(before, after, load.requests) : null, mockCpuUs)
}

/** Thousands of streams at once, sampled for the largest memory of the tree. */
async function manyStreams(subject: Subject, name: 'slow' | 'many', streams: Streams): Promise<void> {
  if (subject.errors.length > 0) return
  const { pid, stream } = subject.running
  if (pid) await quiet(pid)
  const idle = pid ? costOf(pid) : null
  let peak = idle
  const sampler = setInterval(() => {
    const now = pid ? costOf(pid) : null
    if (now && peak && now.memoryKb > peak.memoryKb) peak = now
  }, 200)
  const mockBefore = costOf(subject.mockPid)
  const { model, count, rampMs } = streams
  const request = requestBytes(stream.port, stream.path, stream.headers, chatBody(model, SHORT))
  const events = EVENTS[model]
  const load = await openStreams(stream.port, request, count, rampMs, streamAnswer(events))
  clearInterval(sampler)
  const mockCpuUs = (costOf(subject.mockPid).cpuUs - mockBefore.cpuUs) / load.requests
  if (pid) await quiet(pid)
  const after = pid ? costOf(pid) : null
  const sample = keep(subject, name, load, idle && after ? spent(idle, after, load.requests) : null, mockCpuUs)
  if (sample && idle && peak) sample.memory = grown(idle, peak, count, events)
}

function keep(
  subject: Subject,
  name: string,
  load: Load,
  cpu: { total: number; by: Record<string, number> } | null,
  mockCpuUs: number,
): Sample | null {
  subject.sent += load.requests
  if (load.errors.length > 0 || load.requests === 0) {
    subject.errors.push(`${name}: ${load.errors[0] ?? 'no answer at all'}`)
    return null
  }
  const sample: Sample = {
    requests: load.requests,
    rps: load.requests / load.seconds,
    p50: percentile(load.total, 0.5),
    p99: percentile(load.total, 0.99),
    ttftP50: percentile(load.firstByte, 0.5),
    ttftP99: percentile(load.firstByte, 0.99),
    cpuUs: cpu?.total ?? null,
    cpuUsBy: cpu?.by ?? {},
    mockCpuUs,
  }
  subject.rounds[name] ??= []
  subject.rounds[name].push(sample)
  return sample
}

function spent(before: Cost, after: Cost, requests: number): { total: number; by: Record<string, number> } {
  const by: Record<string, number> = {}
  for (const [program, { cpuUs }] of Object.entries(after.by))
    by[program] = (cpuUs - (before.by[program]?.cpuUs ?? 0)) / requests
  return { total: (after.cpuUs - before.cpuUs) / requests, by }
}

function grown(idle: Cost, peak: Cost, streams: number, events: number): Memory {
  const by: Record<string, number> = {}
  for (const [program, { memoryKb }] of Object.entries(peak.by))
    by[program] = (memoryKb - (idle.by[program]?.memoryKb ?? 0)) / streams
  return {
    streams,
    events,
    idleMb: idle.memoryKb / 1_024,
    peakMb: peak.memoryKb / 1_024,
    kbPerStream: (peak.memoryKb - idle.memoryKb) / streams,
    kbPerStreamBy: by,
    peakMbBy: Object.fromEntries(Object.entries(peak.by).map(([program, { memoryKb }]) => [program, memoryKb / 1_024])),
  }
}

function summary(subject: Subject, name: string): string {
  const samples = subject.rounds[name]
  if (!samples) return `${subject.name.padEnd(8)} void: ${subject.errors[0] ?? 'not measured'}`
  const of = (pick: (sample: Sample) => number) => median(samples.map(pick)).toFixed(2)
  const memory = samples[0]?.memory ? `  ${samples[0].memory.kbPerStream.toFixed(1)} KB/stream` : ''
  const cpu = samples[0]?.cpuUs === null ? '' : `  ${of((sample) => sample.cpuUs ?? 0)} µs CPU`
  return `${subject.name.padEnd(8)} ${of((sample) => sample.rps)}/s  p50 ${of((sample) => sample.p50)} ms  TTFT ${of((sample) => sample.ttftP50)} ms${cpu}${memory}`
}
