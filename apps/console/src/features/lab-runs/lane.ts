import { ApiProblem } from '@cockpit/client/core'
import { type LabResult, labAnswerCharsMax } from '@cockpit/contract/lab-runs'
import { type ChatEvent, type ChatUsage, GatewayFailure } from '../playground/gateway.ts'

/** The answer of one model, while it comes and after. Moments are milliseconds of one clock. */
export type Lane = {
  model: string
  state: 'running' | 'done' | 'stopped' | 'failed'
  answer: string
  reason: string | null
  requestId: string | null
  usage: ChatUsage | null
  failure: Error | null
  startedAt: number
  firstAt: number | null
  endedAt: number | null
}

export const begun = (model: string, startedAt: number): Lane => ({
  ...{ model, state: 'running', answer: '', reason: null, requestId: null, usage: null, failure: null },
  ...{ startedAt, firstAt: null, endedAt: null },
})

export const after = (lane: Lane, event: ChatEvent, now: number): Lane => {
  if (event.kind === 'begin') return { ...lane, requestId: event.requestId }
  if (event.kind === 'text') return { ...lane, answer: lane.answer + event.text, firstAt: lane.firstAt ?? now }
  if (event.kind === 'usage') return { ...lane, usage: event.usage }
  return { ...lane, reason: event.reason }
}

export const ended = (lane: Lane, error: unknown, stopped: boolean, now: number): Lane => {
  if (error === null) return { ...lane, state: 'done', endedAt: now }
  if (stopped) return { ...lane, state: 'stopped', endedAt: now }
  return {
    ...lane,
    state: 'failed',
    endedAt: now,
    failure: error instanceof Error ? error : new Error(String(error)),
    requestId: error instanceof GatewayFailure ? error.requestId : lane.requestId,
  }
}

/** Four characters a token, until the provider has said how many there were. */
const charsPerToken = 4

export type LaneFigures = {
  firstMs: number | null
  durationMs: number
  outputTokens: number
  inputTokens: number | null
  /** Whether tokens are only guessed. */
  guessed: boolean
  tokensPerSecond: number | null
}

export const figuresOf = (lane: Lane, now: number): LaneFigures => {
  const { startedAt, firstAt, endedAt, usage, answer } = lane
  const until = endedAt ?? now
  const outputTokens = usage?.output ?? Math.ceil(answer.length / charsPerToken)
  return {
    firstMs: firstAt === null ? null : firstAt - startedAt,
    durationMs: until - startedAt,
    outputTokens,
    inputTokens: usage?.input ?? null,
    guessed: usage === null,
    tokensPerSecond: speedOf(outputTokens, firstAt === null ? 0 : until - firstAt),
  }
}

/** How fast it spoke once it had begun; of an answer that came at once nothing can be said. */
export const speedOf = (outputTokens: number, speakingMs: number): number | null =>
  speakingMs < 20 || outputTokens === 0 ? null : outputTokens / (speakingMs / 1_000)

/** US dollars at the prices of the catalog, of which each is for a million tokens. */
export const costOf = (
  prices: { input: string; output: string },
  { inputTokens, outputTokens }: Pick<LaneFigures, 'inputTokens' | 'outputTokens'>,
): number => ((inputTokens ?? 0) * Number(prices.input) + outputTokens * Number(prices.output)) / 1_000_000

/** As it is kept. */
export const resultOf = (lane: Lane): LabResult => {
  const { model, requestId, state, answer, reason, failure, startedAt, firstAt, endedAt, usage } = lane
  return {
    ...{ model, requestId, reason },
    status: state === 'running' ? 'stopped' : state,
    answer: answer.slice(0, labAnswerCharsMax),
    truncated: answer.length > labAnswerCharsMax,
    error: failure && { code: codeOf(failure), message: failure.message.slice(0, 1_000) },
    firstTokenMs: firstAt === null ? null : firstAt - startedAt,
    durationMs: (endedAt ?? startedAt) - startedAt,
    tokens: usage,
  }
}

const codeOf = (failure: Error): string =>
  failure instanceof GatewayFailure || failure instanceof ApiProblem ? failure.code : 'call.failed'

/** The names with the least of something, of those that have it; none where there is nothing to compare. */
export const leastOf = (values: readonly { model: string; value: number | null }[]): string | null => {
  const known = values.flatMap(({ model, value }) => (value === null ? [] : [{ model, value }]))
  if (known.length < 2) return null
  const [best, second] = known.sort((a, b) => a.value - b.value)
  return best && second && best.value < second.value ? best.model : null
}
