import type { RequestDetail } from '@cockpit/contract/usage'
import {
  Alert,
  Button,
  formatCount,
  formatCredits,
  formatDuration,
  formatMoney,
  Heading,
  Loaded,
  Row,
  Skeleton,
  Stack,
  Stat,
  StatRow,
  Waterfall,
  WhySteps,
} from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import type { z } from 'zod'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { baseOf } from '../../app/scope.tsx'
import { whyStepsOf } from '../explain/why-steps.ts'
import { spanName } from '../requests/trace-tab.tsx'

const t = messages('setupTrace', {
  arrived: 'Your first request went through',
  arrivedText: 'Authenticated, allowed, reserved, answered, settled: here is how.',
  failed: (status: number) => `The request arrived and was answered with ${status}`,
  again: 'Wait for another request',
  finish: 'Go to the overview',
  open: 'Open in the request log',
  model: 'Model',
  tokens: 'Tokens',
  inOut: 'in / out',
  estimated: 'estimated',
  cost: 'Cost',
  credits: 'Credits',
  creditsPeriod: (factor: string) => `${factor} for one US dollar`,
  latency: 'Duration',
  ttft: (ms: string) => `first byte after ${ms}`,
  via: (connection: string) => `via ${connection}`,
  trace: 'Where the time went',
  why: 'Why it was allowed',
  whyNot: 'Why it was refused',
})

type Detail = z.infer<typeof RequestDetail>

/** The first call as the log keeps it. */
export const CallTrace = ({
  accountId,
  requestId,
  onAgain,
}: {
  accountId: string
  requestId: string
  onAgain: () => void
}) => {
  const request = useQuery({
    queryKey: [accountId, 'requests', requestId],
    queryFn: ({ signal }) => apiFor(accountId).usage.get({ params: { id: requestId } }, { signal }),
  })
  return (
    <Loaded
      data={request.data}
      error={request.error}
      retry={() => void request.refetch()}
      skeleton={<Skeleton rows={8} height={24} />}
    >
      {(detail) => (
        <Stack gap={24}>
          {detail.status === 'ok' ? (
            <Alert tone="green" title={t.arrived}>
              {t.arrivedText}
            </Alert>
          ) : (
            <Alert tone="red" title={t.failed(detail.httpStatus)} action={<Button onClick={onAgain}>{t.again}</Button>}>
              {detail.explanation.message} <code className="ck-mono ck-size-xs">{detail.errorCode}</code>
            </Alert>
          )}
          <Figures detail={detail} />
          <Trace detail={detail} accountId={accountId} />
          <Row justify="end">
            <Button href={`${baseOf(accountId)}/requests/${detail.id}`}>{t.open}</Button>
            <Button kind="primary" href={`${baseOf(accountId)}/overview`}>
              {t.finish}
            </Button>
          </Row>
        </Stack>
      )}
    </Loaded>
  )
}

const Figures = ({
  detail: { model, connection, tokens, cost, credits, price, durationMs, ttftMs },
}: {
  detail: Detail
}) => (
  <StatRow>
    <Stat label={t.model} value={model} {...(connection ? { period: t.via(connection.name) } : {})} />
    <Stat
      label={t.tokens}
      value={`${formatCount(tokens.input + tokens.cachedInput + tokens.cacheWrite)} / ${formatCount(tokens.output)}`}
      unit={t.inOut}
      {...(tokens.source === 'estimated' ? { period: t.estimated } : {})}
    />
    <Stat label={t.cost} value={formatMoney(cost.amount, cost.currency)} />
    <Stat
      label={t.credits}
      value={formatCredits(credits)}
      {...(price ? { period: t.creditsPeriod(price.factor) } : {})}
    />
    <Stat
      label={t.latency}
      value={formatDuration(durationMs)}
      {...(ttftMs === null ? {} : { period: t.ttft(formatDuration(ttftMs)) })}
    />
  </StatRow>
)

const Trace = ({ detail, accountId }: { detail: Detail; accountId: string }) => (
  <>
    <Stack gap={8}>
      <Heading level={3}>{t.trace}</Heading>
      <Waterfall
        spans={detail.spans.map((span) => ({ ...span, name: spanName(span.name) }))}
        totalMs={detail.durationMs}
        label={t.trace}
      />
    </Stack>
    <Stack gap={8}>
      <Heading level={3}>{detail.explanation.decision === 'allow' ? t.why : t.whyNot}</Heading>
      <WhySteps
        steps={whyStepsOf(detail.explanation.steps, {
          can: () => true,
          href: (path) => `${baseOf(accountId)}/${path}`,
        })}
      />
    </Stack>
  </>
)
