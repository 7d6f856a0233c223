/** How long an answer may become, and how much of it is paid for beforehand. */
import type { Call } from './call.ts'
import type { GatewayConfig } from './config.ts'

/** A model that cannot write more need not have more reserved; what is not reserved is not asked of its provider either. */
export const holdOutput = (call: Call, { outputTokensDefault, streamStepTokens }: GatewayConfig): void => {
  if (call.operation === 'realtime') call.outputTokens = mostOf(call) ?? outputTokensDefault
  if (call.operation !== 'chat' || call.scan === null) return
  const { choices, maxOutputTokens } = call.scan
  const modelMax = mostOf(call) ?? Number.POSITIVE_INFINITY
  const most = Math.min(maxOutputTokens ?? outputTokensDefault, modelMax) * choices
  call.outputTokens = holdsWhole(call) ? most : Math.min(most, streamStepTokens)
  if (maxOutputTokens === undefined ? call.entry?.plan.outputCap : maxOutputTokens > modelMax)
    call.outputLimit = modelMax
}

/**
 * A stream reserves its output step by step, as it is seen to grow. An answer in one piece must be paid for as a whole
 * beforehand, and so must a stream of a model that reasons, as nobody sees how much it thinks before it is billed, and one
 * that counts for a run, a session or an agent, which must never use more than it may.
 */
export const holdsWhole = ({ stream, entry, work }: Call): boolean =>
  !stream || work.length > 0 || (entry?.plan.model?.capabilities.includes('reasoning') ?? false)

/** The most one answer may have: what the model can write, or less where a limit says so. */
export const mostOf = ({ entry }: Call): number | null => {
  const can = entry?.plan.model?.outputTokensMax ?? null
  const may = entry?.plan.outputCap?.max ?? null
  return can === null || may === null ? (can ?? may) : Math.min(can, may)
}
