import { ApiProblem } from '@cockpit/client/core'
import { Alert, formatExact, Loaded, ProblemAlert, Skeleton, Stack, Why } from '@cockpit/ui'
import { useState } from 'react'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { whyStepsOf } from '../explain/why-steps.ts'
import { useBooked } from './answer-figures.tsx'
import { GatewayFailure } from './gateway.ts'

const t = messages('playgroundFailure', {
  title: 'No answer',
  budget: 'The budget is used up',
  unpaid: 'No budget pays for this request',
  unreserved: 'The budget cannot be asked now',
  rate: 'Too many requests at once',
  model: 'This model may not be used',
  broken: 'The answer broke off',
  scope: (type: string, name: string) => `Blocked by ${type} ${name}.`,
  renews: (at: string) => `Renews ${at}.`,
  why: 'Why was this request refused?',
})

/** A call that did not work: what happened, its code, which scope blocked, when that renews, and why. */
export const Failure = ({ failure, begun }: { failure: Error; begun: boolean }) => {
  if (failure instanceof ApiProblem) return <ProblemAlert error={failure} />
  if (!(failure instanceof GatewayFailure))
    return (
      <Alert tone="red" title={begun ? t.broken : t.title}>
        {failure.message}
      </Alert>
    )
  const { code, message, scope, renewsAt, requestId } = failure
  return (
    <Alert tone="red" title={begun ? t.broken : titleOf(code)}>
      <Stack gap={4}>
        <span>{message}</span>
        {(scope || renewsAt) && (
          <span>
            {scope && t.scope(scope.type, scope.name)} {renewsAt && t.renews(formatExact(renewsAt))}
          </span>
        )}
        <span>
          <code className="ck-mono ck-size-xs">{code}</code> {requestId && <WhyRefused requestId={requestId} />}
        </span>
      </Stack>
    </Alert>
  )
}

const WhyRefused = ({ requestId }: { requestId: string }) => {
  const scope = useScope()
  const [asked, setAsked] = useState(false)
  const booked = useBooked(requestId, asked)
  const steps = booked.data && whyStepsOf(booked.data.explanation.steps, scope)
  return (
    <Why title={t.why} steps={steps} onOpen={() => setAsked(true)}>
      {!steps && (
        <Loaded
          data={undefined}
          error={booked.error}
          retry={() => void booked.refetch()}
          skeleton={<Skeleton rows={3} />}
        >
          {() => null}
        </Loaded>
      )}
    </Why>
  )
}

const titleOf = (code: string): string => {
  if (code === 'budget.no_payer') return t.unpaid
  if (code === 'budget.unavailable') return t.unreserved
  if (code.startsWith('budget.')) return t.budget
  if (code.startsWith('rate')) return t.rate
  if (code.startsWith('model.')) return t.model
  return t.title
}
