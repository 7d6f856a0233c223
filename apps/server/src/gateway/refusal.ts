/** Everything the gateway itself can say no with. */
import type { Denial } from '@cockpit/policy'
import type { GatewayError } from './dialects/index.ts'

export type Refusal = Omit<GatewayError, 'requestId'>

export const refusals = {
  'auth.required': { status: 401, retryable: false },
  'auth.failed': { status: 401, retryable: false },
  'auth.issuer_unavailable': { status: 503, retryable: true, retryAfterSeconds: 5 },
  'account.required': { status: 403, retryable: false },
  'auth.origin_refused': { status: 403, retryable: false },
  'mcp_session.not_found': { status: 404, retryable: false },
  'input.malformed': { status: 400, retryable: false },
  'input.invalid': { status: 400, retryable: false },
  'input.unsupported_type': { status: 415, retryable: false },
  'input.too_large': { status: 413, retryable: false },
  'input.headers_too_large': { status: 431, retryable: false },
  'input.too_slow': { status: 408, retryable: true },
  'through.not_found': { status: 404, retryable: false },
  'method.not_allowed': { status: 405, retryable: false },
  'model.unsupported_operation': { status: 400, retryable: false },
  'model.no_price': { status: 400, retryable: false },
  'guardrail.blocked': { status: 400, retryable: false },
  'guardrail.unavailable': { status: 503, retryable: true },
  'gateway.not_ready': { status: 503, retryable: true, retryAfterSeconds: 1 },
  'gateway.draining': { status: 503, retryable: true, retryAfterSeconds: 1 },
  'gateway.overloaded': { status: 503, retryable: true, retryAfterSeconds: 1 },
  'gateway.storage_full': { status: 503, retryable: true, retryAfterSeconds: 5 },
  'rate.unavailable': { status: 503, retryable: true, retryAfterSeconds: 1 },
  'budget.unavailable': { status: 503, retryable: true, retryAfterSeconds: 1 },
  'budget.exhausted': { status: 402, retryable: false },
  'store.unavailable': { status: 503, retryable: true, retryAfterSeconds: 1 },
  'store.full': { status: 413, retryable: false },
  'batch.not_found': { status: 404, retryable: false },
  'file.not_found': { status: 404, retryable: false },
  'response.not_found': { status: 404, retryable: false },
  'upstream.timeout': { status: 504, retryable: true },
  'internal.error': { status: 500, retryable: true },
} as const
export type RefusalCode = keyof typeof refusals

export const refusal = (code: RefusalCode, message: string, param?: string): Refusal => ({
  code,
  message,
  ...refusals[code],
  ...(param === undefined ? {} : { param }),
})

/** A denial of the policy. Only a rate limit passes by waiting; everything else needs somebody to act. */
export const refusalOf = (denial: Denial, retryMs = 0): Refusal => ({
  code: denial.code,
  status: denial.status,
  message: denial.message,
  retryable: denial.status === 429 || denial.status === 503,
  ...(retryMs > 0 ? { retryAfterSeconds: Math.max(1, Math.ceil(retryMs / 1000)) } : {}),
  ...(denial.code.startsWith('model.') ? { param: 'model' } : {}),
  ...(denial.scope ? { scope: denial.scope } : {}),
  ...(denial.renewsAt ? { renewsAt: denial.renewsAt } : {}),
})

export const isRefusal = (thrown: unknown): thrown is Refusal =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'retryable' in thrown && 'status' in thrown
