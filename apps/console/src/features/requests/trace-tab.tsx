import type { RequestDetail } from '@cockpit/contract/usage'
import { Alert, EmptyState, IconClock, Panel, Stack, Waterfall } from '@cockpit/ui'
import { RequestVerdicts } from '../guardrails/request-verdicts.tsx'
import { trace } from './strings.ts'

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
          spans={request.spans.map((span) => ({ ...span, name: spanName(span.name) }))}
        />
      </Panel>
    )}
  </Stack>
)

const names: Record<string, string> = {
  auth: trace.auth,
  body: trace.body,
  plan: trace.plan,
  hold: trace.hold,
  guardrails: trace.guardrails,
  'guardrails of the answer': trace.guardrailsOfAnswer,
  'first byte': trace['first byte'],
  stream: trace.stream,
}
export const spanName = (name: string): string => {
  const attempt = /^attempt (\d+)$/.exec(name)?.[1]
  return attempt ? trace.attempt(attempt) : (names[name] ?? name)
}
