/** From rounds to rows and ratios: medians, and nothing of a gateway that answered wrongly. */
import { median } from './load.ts'
import type { Machine } from './machine.ts'
import type { Memory, Plan, Sample, Subject } from './measure.ts'
import type { Accounts } from './peer.ts'
import { STREAM_EVENTS } from './wire.ts'

export type Row = {
  name: string
  version: string
  does: string
  cpu_us: number | null
  /** Smallest and largest round. */
  cpu_us_range: [number, number] | null
  /** The same by program, where a gateway is more than one. */
  cpu_us_by: Record<string, number>
  rps_per_core: number | null
  rps_measured: number
  p50_c64_ms: number
  p99_c64_ms: number
  cpu_us_100kb: number | null
  /** Of the gateway alone; null where nobody told how it goes without its features. */
  cpu_us_features: { off: number; on: number } | null
  p50_ms: number
  p99_ms: number
  ttft_p50_ms: number
  ttft_p99_ms: number
  cpu_us_per_chunk: number | null
  slow_streams:
    | (Memory & { cpu_us_per_chunk: number; ttft_p50_ms: number; ttft_p99_ms: number; total_p99_ms: number })
    | null
  /** The most streams at once it was asked for. */
  many_streams: { streams: number; peak_mb: number; peak_mb_by: Record<string, number>; kb_per_stream: number } | null
  /** One event of the upstream's, said in another dialect; null where it does not translate. */
  cpu_us_per_translated_chunk: number | null
  mock_cpu_us: number
  accounts: Accounts | null
}

/** What identity costs; see identity.ts. */
export type Identity = {
  token_verification_us: number
  token_known_us: number
  revocations: number
  revocation_p50_ms: number
  revocation_p99_ms: number
  api_revocations: number
  api_revocation_p50_ms: number
  api_revocation_p99_ms: number
}

/** Server time of pages where many people work; see people.ts. */
export type People = {
  people: number
  accounts: number
  events: number
  pages: { name: string; p50_ms: number; p95_ms: number }[]
}

export type Bar = { at_most: number } | { at_least: number }

export type Results = {
  at: string
  mode: 'full' | 'quick'
  machine: Machine
  versions: Record<string, string>
  plan: Plan
  rows: Row[]
  skipped: { name: string; reason: string }[]
  ratios: Record<string, number | null>
  identity?: Identity
  people?: People
  bars: Record<string, Bar & { value: number | null; met: boolean | null }>
}

export function rowOf(subject: Subject, about: { version: string; does: string; accounts: Accounts | null }): Row {
  const of = (name: string, pick: (sample: Sample) => number | null) => {
    const values = (subject.rounds[name] ?? []).map(pick).filter((value) => value !== null)
    return values.length > 0 ? rounded(median(values)) : null
  }
  const time = (name: string, pick: (sample: Sample) => number) => of(name, pick) ?? Number.NaN
  const json = subject.rounds.json ?? []
  const cpu = of('json', ({ cpuUs }) => cpuUs)
  const costs = json.map(({ cpuUs }) => cpuUs).filter((value) => value !== null)
  const perChunk = (name: string) => {
    const perStream = of(name, ({ cpuUs }) => cpuUs)
    return perStream === null ? null : rounded(perStream / STREAM_EVENTS)
  }
  const programs = Object.keys(json[0]?.cpuUsBy ?? {})
  return {
    name: subject.name,
    ...about,
    cpu_us: cpu,
    cpu_us_range: costs.length > 0 ? [rounded(Math.min(...costs)), rounded(Math.max(...costs))] : null,
    cpu_us_by: Object.fromEntries(
      programs.map((program) => [program, time('json', ({ cpuUsBy }) => cpuUsBy[program] ?? 0)]),
    ),
    rps_per_core: cpu === null ? null : Math.round(1e6 / cpu),
    rps_measured: Math.round(time('json', ({ rps }) => rps)),
    p50_c64_ms: time('json', ({ p50 }) => p50),
    p99_c64_ms: time('json', ({ p99 }) => p99),
    cpu_us_100kb: of('prompt100k', ({ cpuUs }) => cpuUs),
    cpu_us_features: featuresOf(of),
    p50_ms: time('single', ({ p50 }) => p50),
    p99_ms: time('single', ({ p99 }) => p99),
    ttft_p50_ms: time('ttft', ({ ttftP50 }) => ttftP50),
    ttft_p99_ms: time('ttft', ({ ttftP99 }) => ttftP99),
    cpu_us_per_chunk: perChunk('stream'),
    slow_streams: slowOf(subject.rounds.slow?.[0]),
    many_streams: manyOf(subject.rounds.many?.[0]),
    cpu_us_per_translated_chunk: perChunk('translated'),
    mock_cpu_us: time('json', ({ mockCpuUs }) => mockCpuUs),
  }
}

function featuresOf(of: (name: string, pick: (sample: Sample) => number | null) => number | null) {
  const alone = ({ cpuUs, cpuUsBy }: Sample) => cpuUs && cpuUs - (cpuUsBy.postgres ?? 0)
  const [off, on] = [of('features_off', alone), of('features_on', alone)]
  return off === null || on === null ? null : { off, on }
}

function manyOf(sample: Sample | undefined): Row['many_streams'] {
  if (!sample?.memory) return null
  const { streams, peakMb, peakMbBy, kbPerStream } = sample.memory
  return {
    streams,
    peak_mb: rounded(peakMb),
    peak_mb_by: Object.fromEntries(Object.entries(peakMbBy).map(([program, mb]) => [program, rounded(mb)])),
    kb_per_stream: rounded(kbPerStream),
  }
}

function slowOf(sample: Sample | undefined): Row['slow_streams'] {
  if (!sample?.memory) return null
  const { memory } = sample
  return {
    streams: memory.streams,
    events: memory.events,
    idleMb: rounded(memory.idleMb),
    peakMb: rounded(memory.peakMb),
    kbPerStream: rounded(memory.kbPerStream),
    kbPerStreamBy: Object.fromEntries(
      Object.entries(memory.kbPerStreamBy).map(([program, kb]) => [program, rounded(kb)]),
    ),
    peakMbBy: Object.fromEntries(Object.entries(memory.peakMbBy).map(([program, mb]) => [program, rounded(mb)])),
    cpu_us_per_chunk: rounded((sample.cpuUs ?? Number.NaN) / memory.events),
    ttft_p50_ms: rounded(sample.ttftP50),
    ttft_p99_ms: rounded(sample.ttftP99),
    total_p99_ms: rounded(sample.p99),
  }
}

export function ratiosOf(rows: Row[]): Results['ratios'] {
  const row = (name: string) => rows.find((candidate) => candidate.name === name)
  const [direct, nginx, bare, portkey] = ['direct', 'nginx', 'bare', 'portkey'].map(row)
  const [litellm, bifrost, cockpit, two] = ['litellm', 'bifrost', 'cockpit', 'cockpit-2'].map(row)
  const ratio = (a: number | null | undefined, b: number | null | undefined) =>
    a && b ? Math.round((a / b) * 1_000) / 1_000 : null
  const added = (pick: (row: Row) => number) => (cockpit && direct ? rounded(pick(cockpit) - pick(direct)) : null)
  return {
    cpu_us: gatewayOnly(cockpit),
    rps_per_core: cockpit ? Math.round(1e6 / (gatewayOnly(cockpit) ?? Number.NaN)) : null,
    cpu_vs_nginx: ratio(gatewayOnly(cockpit), nginx?.cpu_us),
    cpu_vs_portkey: ratio(gatewayOnly(cockpit), portkey?.cpu_us),
    rps_per_core_vs_litellm: ratio(litellm?.cpu_us, gatewayOnly(cockpit)),
    rps_per_core_vs_bifrost: ratio(bifrost?.cpu_us, gatewayOnly(cockpit)),
    // two cores serve twice what one does, less what sharing costs
    two_workers_vs_one: ratio(2 * (gatewayOnly(cockpit) ?? Number.NaN), gatewayOnly(two)),
    cpu_us_with_database: cockpit?.cpu_us ?? null,
    cpu_vs_nginx_with_database: ratio(cockpit?.cpu_us, nginx?.cpu_us),
    cpu_vs_portkey_with_database: ratio(cockpit?.cpu_us, portkey?.cpu_us),
    cpu_vs_bare: ratio(gatewayOnly(cockpit), bare?.cpu_us),
    feature_tax: ratio(cockpit?.cpu_us_features?.on, cockpit?.cpu_us_features?.off),
    prompt_100kb_vs_bare: ratio(cockpit?.cpu_us_100kb, bare?.cpu_us_100kb),
    prompt_100kb_vs_nginx: ratio(cockpit?.cpu_us_100kb, nginx?.cpu_us_100kb),
    prompt_100kb_vs_portkey: ratio(cockpit?.cpu_us_100kb, portkey?.cpu_us_100kb),
    cpu_us_per_sse_chunk_vs_nginx: ratio(cockpit?.cpu_us_per_chunk, nginx?.cpu_us_per_chunk),
    translated_chunk_vs_nginx: ratio(cockpit?.cpu_us_per_translated_chunk, nginx?.cpu_us_per_chunk),
    chunk_vs_bare: ratio(cockpit?.cpu_us_per_chunk, bare?.cpu_us_per_chunk),
    chunk_vs_portkey: ratio(cockpit?.cpu_us_per_chunk, portkey?.cpu_us_per_chunk),
    p50_added_ms: added(({ p50_ms }) => p50_ms),
    p99_added_ms: added(({ p99_ms }) => p99_ms),
    ttft_added_ms: added(({ ttft_p50_ms }) => ttft_p50_ms),
    ttft_added_p99_ms: added(({ ttft_p99_ms }) => ttft_p99_ms),
    kb_per_stream: cockpit?.slow_streams?.kbPerStream ?? null,
    mb_of_10000_streams: manyMb(cockpit),
    kb_per_stream_vs_portkey: ratio(cockpit?.slow_streams?.kbPerStream, portkey?.slow_streams?.kbPerStream),
  }
}

/**
 * CPU of the gateway's own process: everything up to the record in the write-ahead file, and sending it on to be booked.
 * The database that books it afterwards is counted apart (`…_with_database`): it can stand on another machine.
 */
function gatewayOnly(row: Row | undefined): number | null {
  return row?.cpu_us == null ? null : rounded(row.cpu_us - (row.cpu_us_by.postgres ?? 0))
}

/** Memory of the gateway's own process at its peak; where the system allows fewer than ten thousand streams, as many as them. */
function manyMb(row: Row | undefined): number | null {
  const many = row?.many_streams
  if (!many) return null
  const missing = ((10_000 - many.streams) * many.kb_per_stream) / 1_024
  return rounded(many.peak_mb - (many.peak_mb_by.postgres ?? 0) + missing)
}

/** What Cockpit promises of itself with everything on. */
const BARS: Record<string, Bar> = {
  cpu_vs_nginx: { at_most: 2.5 },
  cpu_vs_portkey: { at_most: 0.167 },
  rps_per_core_vs_litellm: { at_least: 20 },
  rps_per_core_vs_bifrost: { at_least: 1 },
  ttft_added_ms: { at_most: 0.5 },
  cpu_us_per_sse_chunk_vs_nginx: { at_most: 1.5 },
  translated_chunk_vs_nginx: { at_most: 3 },
  feature_tax: { at_most: 1.6 },
  prompt_100kb_vs_bare: { at_most: 2 },
  kb_per_stream: { at_most: 35 },
  mb_of_10000_streams: { at_most: 450 },
  two_workers_vs_one: { at_least: 1.8 },
}

export function barsOf(ratios: Results['ratios']): Results['bars'] {
  return Object.fromEntries(
    Object.entries(BARS).map(([name, bar]) => {
      const value = ratios[name] ?? null
      const met = value === null ? null : 'at_most' in bar ? value <= bar.at_most : value >= bar.at_least
      return [name, { ...bar, value, met }]
    }),
  )
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
