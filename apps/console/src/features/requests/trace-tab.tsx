import type { RequestDetail } from '@cockpit/contract/usage'
import { Alert, EmptyState, formatCredits, formatDuration, IconClock, Panel, Stack, Waterfall } from '@cockpit/ui'
import { RequestVerdicts } from '../guardrails/request-verdicts.tsx'
import { trace } from './strings.ts'
import { type Share, settleOf, shareOf, sharesOf } from './waterfall.ts'

const shares: readonly Share[] = ['gateway', 'provider', 'stream']

export const TraceTab = ({ request }: { request: RequestDetail }) => (
  <Stack>
    {request.droppedFields.length > 0 && (
      <Alert title={trace.dropped}>{trace.droppedText(request.droppedFields.join(', '))}</Alert>
    )}
    <RequestVerdicts verdicts={request.verdicts} />
    {request.spans.length === 0 ? (
      <EmptyState icon={<IconClock size={28} stroke={1.5} />} title={trace.none} text={trace.noneText} />
    ) : (
      <Panel title={trace.title} description={trace.text}>
        <Waterfall
          label={trace.title}
          totalMs={request.durationMs}
          legend={legendOf(request)}
          spans={[
            ...request.spans.map((span) => ({
              ...span,
              name: spanName(span.name),
              series: shares.indexOf(shareOf(span)),
            })),
            ...settled(request),
          ]}
        />
      </Panel>
    )}
  </Stack>
)

/** How much of the time was whose, of those that took any. */
const legendOf = ({ spans, durationMs }: RequestDetail) => {
  const sums = sharesOf(spans, durationMs)
  return shares
    .filter((share) => share === 'gateway' || sums[share] > 0)
    .map((share) => ({ label: trace[share], series: shares.indexOf(share), text: formatDuration(sums[share]) }))
}

const settled = ({ spans, durationMs, credits }: RequestDetail) => {
  const settle = settleOf(spans, durationMs)
  return settle ? [{ ...settle, name: trace.settle, detail: trace.booked(formatCredits(credits)), series: 0 }] : []
}

const names: Record<string, string> = {
  auth: trace.auth,
  body: trace.body,
  plan: trace.plan,
  hold: trace.hold,
  guardrails: trace.guardrails,
  'guardrails of the answer': trace.guardrailsOfAnswer,
  'first byte': trace['first byte'],
  stream: trace.stream,
  rate: trace.rate,
  cache: trace.cache,
  fallback: trace.fallback,
  hedge: trace.hedge,
  continued: trace.continued,
  'pass through': trace['pass through'],
  'mcp server': trace['mcp server'],
  revoked: trace.revoked,
}
export const spanName = (name: string): string => {
  const attempt = /^attempt (\d+)$/.exec(name)?.[1]
  return attempt ? trace.attempt(attempt) : (names[name] ?? name)
}
