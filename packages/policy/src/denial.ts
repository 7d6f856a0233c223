import type { LimitScopeType } from '@cockpit/contract/limits'

/** Every reason for which the policy refuses a call, with the HTTP status it becomes. */
export const denials = {
  'model.unsupported_operation': 400,
  'limit.input_tokens_exceeded': 400,
  'principal.gone': 401,
  'key.revoked': 401,
  'key.expired': 401,
  'token.revoked': 401,
  'limit.cap_reached': 402,
  'budget.exhausted': 402,
  'budget.no_payer': 402,
  'network.not_allowed': 403,
  'auth.sso_required': 403,
  'user.suspended': 403,
  'account.suspended': 403,
  'model.not_selected': 403,
  'model.not_in_key': 403,
  'mcp_tool.not_allowed': 403,
  'mcp_tool.changed': 403,
  'model.not_found': 404,
  'mcp_server.not_found': 404,
  'mcp_tool.not_found': 404,
  'rate.requests_exceeded': 429,
  'rate.tokens_exceeded': 429,
  'rate.parallel_exceeded': 429,
  'model.unpriced': 503,
  'model.no_deployment': 503,
} as const
export type DenialCode = keyof typeof denials

export type ScopeRef = { type: LimitScopeType; id: string; name: string }

/** Why a call is refused: a stable code, the HTTP status, a sentence, the scope that blocks and when that ends. */
export type Denial = {
  code: DenialCode
  status: number
  message: string
  scope: ScopeRef | null
  renewsAt: string | null
}

export const refuse = (
  code: DenialCode,
  message: string,
  scope: ScopeRef | null,
  renewsAt: string | null = null,
): Denial => ({ code, status: denials[code], message, scope, renewsAt })
