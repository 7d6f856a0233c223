import type { FallbackReason } from '@cockpit/contract/routing'
import type { Failure } from '../upstream/index.ts'

/** Providers say both in words of their own, and with the status of any other complaint about a request. */
const tooLong =
  /context.?(length|window)|maximum.?context|prompt is too long|too many (input )?tokens|exceeds?.{0,40}tokens/i
const filtered = /content.?(filter|policy|management)|responsible.?ai|safety|moderation|blocked.?by/i

/** Why another model may do better; null where it would hear the same complaint. */
export const fallbackReasonOf = (failure: Failure): FallbackReason | null => {
  const said = failure.answer?.error
  if (said && failure.status >= 400 && failure.status < 500 && !failure.credentialDead && failure.status !== 429) {
    const words = `${said.code ?? ''} ${said.type ?? ''} ${said.message}`
    if (tooLong.test(words)) return 'context_length'
    if (filtered.test(words)) return 'content_filter'
  }
  if (failure.code === 'upstream.timeout') return 'timeout'
  if (failure.status === 429 && !failure.credentialDead) return 'rate_limit'
  return failure.elsewhere || failure.retryable ? 'error' : null
}
