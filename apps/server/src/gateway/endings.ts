/** The ways a call ends that are not a plain answer: refused, left by its caller, or without a report of what it used. */
import { sendRefusal } from './answer.ts'
import type { Call } from './call.ts'
import { countedInput } from './counted.ts'
import type { Usage } from './dialects/index.ts'
import type { Deployment } from './plans.ts'
import type { Outcome } from './record.ts'
import type { Refusal } from './refusal.ts'
import type { Settle } from './settle.ts'

type Deps = { settle: Settle; onBug: (call: Call, error: unknown) => void }

export const createEndings = ({ settle, onBug }: Deps) => {
  /** It may not be made. */
  const deny = (call: Call, refused: Refusal, budgetDenied?: { nodeId: string; need: bigint }) =>
    settle(
      call,
      {
        status: 'denied',
        httpStatus: refused.status,
        errorCode: refused.code,
        errorMessage: refused.message,
        usage: null,
        deployment: null,
        ...(budgetDenied ? { budgetDenied } : {}),
      },
      () => sendRefusal(call, refused),
    )

  const refuse = (call: Call, refused: Refusal, deployment: Deployment | null) =>
    settle(
      call,
      {
        status: 'error',
        httpStatus: refused.status,
        errorCode: refused.code,
        errorMessage: refused.message,
        usage: null,
        deployment,
      },
      () => sendRefusal(call, refused),
    )

  /** The provider has answered and is paid, and its answer goes no further. */
  const block = (call: Call, refused: Refusal, usage: Usage, deployment: Deployment) =>
    settle(
      call,
      {
        status: 'denied',
        httpStatus: refused.status,
        errorCode: refused.code,
        errorMessage: refused.message,
        usage,
        deployment,
      },
      () => sendRefusal(call, refused),
    )

  const left = (call: Call, deployment: Deployment, usage: Usage | null) =>
    settle(call, { ...cancelled, usage, deployment }, () => {})

  const leftCounted = (call: Call, deployment: Deployment, usage: Usage) =>
    settleCounted(call, { ...cancelled, usage, deployment }, () => {})

  /** Settles what has no complete report: the input is counted then, and only then does the end wait for a tokenizer. */
  const settleCounted = (call: Call, outcome: Outcome & { usage: Usage }, answer: () => void) => {
    if (call.scan === null && call.prompt === null) return settle(call, outcome, answer)
    call.counting = true
    call.deadlineAt = Number.POSITIVE_INFINITY
    call.onDeadline = nothing
    call.onGone = nothing
    countedInput(call).then(
      (inputTokens) => settle(call, { ...outcome, usage: { ...outcome.usage, inputTokens } }, answer),
      (error) => onBug(call, error),
    )
  }

  /** Broken off because another deployment had begun to answer. */
  const lost = (call: Call, deployment: Deployment, usage: Usage, winner: string) =>
    settleCounted(call, { ...cancelled, ...lostTo(winner), usage, deployment }, () => {})

  return { deny, refuse, block, left, leftCounted, lost, settleCounted }
}
export type Endings = ReturnType<typeof createEndings>

const nothing = () => {}
const cancelled = {
  status: 'cancelled',
  httpStatus: 499,
  errorCode: 'client.disconnected',
  errorMessage: 'The caller closed the connection before the answer was complete.',
} as const
const lostTo = (winner: string) => ({
  errorCode: 'route.hedged',
  errorMessage: `A second call: another deployment answered ${winner} first.`,
})
