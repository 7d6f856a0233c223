/** The results as a page for people. */
import type { Bar, Identity, People, Results, Row } from './results.ts'

export function reportOf(results: Results): string {
  const { machine, plan, rows } = results
  const lines = [
    '# Measurements',
    '',
    `Written by \`npm run bench\` on ${results.at.slice(0, 16).replace('T', ' ')} UTC${results.mode === 'quick' ? ' (quick run: short rounds, expect ±20 %)' : ''}. The figures are also in \`results.json\`.`,
    '',
    '## Machine and versions',
    '',
    `- ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GiB; ${machine.os}, ${machine.kernel}; load before the run ${machine.loadBefore}.`,
    `- ${Object.entries(results.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(' · ')}`,
    ...rows.filter(({ name }) => name !== 'direct').map(({ name, does }) => `- **${name}**: ${does}`),
    ...results.skipped.map(({ name, reason }) => `- **${name}** was not measured: ${reason}`),
    '',
    '## Method',
    '',
    `- One mock upstream (\`mock.ts\`), one load generator (\`load.ts\`), all on 127.0.0.1. ${machine.pinned ? 'The gateway is pinned to core 0; load generator and upstream share core 1.' : 'Processes could not be pinned to cores, so figures are less sure.'}`,
    `- Rounds are interleaved: each gateway in turn, ${plan.rounds} times ${plan.roundMs / 1_000} s for the main figure; medians. Every answer is checked (status, length or content, number of events, \`[DONE]\`); one wrong answer voids the gateway's row.`,
    '- CPU is user and system time of the gateway’s whole process tree (with PostgreSQL, where it runs one; the ratios below say what they leave out) from `/proc`, from before the first request until it is idle again, divided by the requests; requests per second and core is its inverse. It hardly depends on what else the machine does; wall-clock times do.',
    `- JSON: 64 connections, 1 KB prompt, 1 KB answer. Long prompts: 100 KB, 16 connections. Streams: 102 events, each in a packet of its own, as fast as the upstream can, 32 connections. Latency and time to first byte: one connection, one request at a time; for the latter the upstream pauses after its first event, because it shares a core with the load.`,
    '- Features: the JSON call in two accounts of one Cockpit, of the gateway alone. Without: a key and a model that costs nothing. With: limits and budgets at all levels, three guardrail checks over request and answer, an exact cache that has no answer yet and keeps it, a route with two deployments and another model to fall back to, and an exporter.',
    '- Another dialect: the same streams asked for through `/v1/messages`, each event of the upstream’s said in Anthropic’s.',
    '- Two workers: both on the one core; twice the requests per core by CPU per request is what two cores would serve, held against one worker.',
    `- Memory: ${plan.slowStreams} streams at once with an event every 100 ms, opened over ${plan.rampMs / 1_000} s, on a gateway that has seen little load before; largest memory of the process tree minus the idle one, pages that processes share counted once (PSS). A gateway that could not finish so many within the run was asked for fewer (\`slow streams: at once\`).${plan.many ? ` Most streams: ${plan.many.count} at once with an event each second.` : ''}`,
    '',
    '## Figures',
    '',
    ...table(rows),
    '',
    '## Ratios of Cockpit',
    '',
    '| ratio | value | bar | met |',
    '|---|---|---|---|',
    ...Object.entries(results.ratios).map(([name, value]) => {
      const bar = results.bars[name]
      return `| ${name} | ${value ?? '–'} | ${bar ? barText(bar) : ''} | ${bar?.met == null ? '' : bar.met ? 'yes' : '**no**'} |`
    }),
    '',
    'CPU in `cpu_us`, `rps_per_core`, `cpu_vs_nginx` and `cpu_vs_portkey`, which have a bar, is of the gateway’s process up to the record in the write-ahead file and its sending. The PostgreSQL that books afterwards, and may stand on another machine, is left out there; `…_with_database` counts it too.',
    ...accountLines(rows),
    ...identityLines(results.identity),
    ...peopleLines(results.people),
  ]
  return `${lines.join('\n')}\n`
}

export const barText = (bar: Bar): string => ('at_most' in bar ? `≤ ${bar.at_most}` : `≥ ${bar.at_least}`)

type Line = [title: string, pick: (row: Row) => string | number | null | undefined]

function table(rows: Row[]): string[] {
  const lines: Line[] = [
    ['CPU µs per request', (row) => row.cpu_us],
    ['… smallest and largest round', (row) => row.cpu_us_range?.join(' – ')],
    ['… by program', (row) => split(row.cpu_us_by)],
    ['requests/s per core', (row) => row.rps_per_core],
    ['requests/s measured, 64 connections', (row) => row.rps_measured],
    ['p50 / p99 ms, 64 connections', (row) => `${row.p50_c64_ms} / ${row.p99_c64_ms}`],
    ['p50 / p99 ms, 1 connection', (row) => `${row.p50_ms} / ${row.p99_ms}`],
    [
      'CPU µs without any feature / with all',
      (row) => row.cpu_us_features && `${row.cpu_us_features.off} / ${row.cpu_us_features.on}`,
    ],
    ['CPU µs per 100 KB prompt', (row) => row.cpu_us_100kb],
    ['time to first byte of a stream, p50 / p99 ms', (row) => `${row.ttft_p50_ms} / ${row.ttft_p99_ms}`],
    ['CPU µs per streamed event', (row) => row.cpu_us_per_chunk],
    ['… said in another dialect', (row) => row.cpu_us_per_translated_chunk],
    ['slow streams: at once', (row) => row.slow_streams?.streams],
    ['… KB per stream', (row) => row.slow_streams?.kbPerStream],
    ['… by program', (row) => row.slow_streams && split(row.slow_streams.kbPerStreamBy)],
    ['… idle → peak MB', (row) => row.slow_streams && `${row.slow_streams.idleMb} → ${row.slow_streams.peakMb}`],
    ['… CPU µs per event', (row) => row.slow_streams?.cpu_us_per_chunk],
    [
      '… time to first byte p50 / p99 ms',
      (row) => row.slow_streams && `${row.slow_streams.ttft_p50_ms} / ${row.slow_streams.ttft_p99_ms}`,
    ],
    ['most streams at once', (row) => row.many_streams?.streams],
    ['… peak MB', (row) => row.many_streams && (split(row.many_streams.peak_mb_by) ?? row.many_streams.peak_mb)],
    ['… KB per stream', (row) => row.many_streams?.kb_per_stream],
    ['CPU µs of the mock upstream per request', (row) => row.mock_cpu_us],
  ]
  return [
    `| | ${rows.map(({ name }) => name).join(' | ')} |`,
    `|---|${rows.map(() => '---').join('|')}|`,
    ...lines
      .filter(([, pick]) => rows.some(pick))
      .map(([title, pick]) => `| ${title} | ${rows.map((row) => pick(row) || '–').join(' | ')} |`),
  ]
}

function split(by: Record<string, number>): string | null {
  const parts = Object.entries(by).filter(([, value]) => value >= 0.01)
  return parts.length > 1 ? parts.map(([program, value]) => `${program} ${value}`).join(', ') : null
}

const IDENTITY_BARS = { token_verification_us: 20, revocation_p99_ms: 2_000, api_revocation_p99_ms: 2_000 }

function identityLines(identity: Identity | undefined): string[] {
  if (!identity) return []
  return [
    '',
    '## Identity',
    '',
    `A bearer token on the gateway: CPU from the header to the person in the snapshot, over 1,000 tokens that call 100 times each, their first verification included (\`token_known_us\`: without it). Revocation: from the click (a key revoked, a person suspended by hand or switched off by SCIM, an account suspended) to the end of an answer that is being streamed, over ${identity.revocations} answers, and of a person or their role to the first refusal at the API (\`api_…\`, ${identity.api_revocations} refusals).`,
    '',
    '| figure | value | bar | met |',
    '|---|---|---|---|',
    ...Object.entries(identity).map(([name, value]) => {
      const bar = Object.entries(IDENTITY_BARS).find(([of]) => of === name)?.[1]
      return `| ${name} | ${value} | ${bar === undefined ? '' : `≤ ${bar}`} | ${bar === undefined ? '' : value <= bar ? 'yes' : '**no**'} |`
    }),
  ]
}

const PAGE_BAR_MS = 200

function peopleLines(people: People | undefined): string[] {
  if (!people) return []
  const count = (value: number) => value.toLocaleString('en-US')
  return [
    '',
    '## Pages where many people work',
    '',
    `Server time of one request at a time, ${count(people.people)} people in ${count(people.accounts)} accounts with ${count(people.events)} audit events (\`db/scenarios/people.ts\`); lists and details in the largest account, of 20,000 people; other rows and words each time. Bar: p95 below ${PAGE_BAR_MS} ms.`,
    '',
    '| page | p50 ms | p95 ms | met |',
    '|---|---|---|---|',
    ...people.pages.map(
      ({ name, p50_ms, p95_ms }) => `| ${name} | ${p50_ms} | ${p95_ms} | ${p95_ms < PAGE_BAR_MS ? 'yes' : '**no**'} |`,
    ),
  ]
}

function accountLines(rows: Row[]): string[] {
  const row = rows.find(({ accounts }) => accounts)
  if (!row?.accounts) return []
  const { sent, logged, creditsSettled } = row.accounts
  return [
    '',
    `Accounting: ${sent} requests were sent through ${row.name}, its log holds ${logged}, its ledger settled ${creditsSettled} credits.`,
  ]
}
