/** Every failure a caller can see, by stable code (RFC 9457). One table; the server, the docs and the client read it. */
export const problems = {
  'input.invalid': { status: 400, title: 'Invalid input' },
  'input.malformed': { status: 400, title: 'Malformed body' },
  'input.unsupported_type': { status: 415, title: 'Unsupported content type' },
  'input.too_large': { status: 413, title: 'Body too large' },
  'auth.required': { status: 401, title: 'Sign-in required' },
  'auth.failed': { status: 401, title: 'Sign-in failed' },
  'auth.locked': { status: 429, title: 'Too many failed sign-ins' },
  'auth.step_up_required': { status: 401, title: 'Confirm that it is you' },
  'auth.origin_refused': { status: 403, title: 'Cross-site request refused' },
  'access.denied': { status: 403, title: 'Permission missing' },
  'impersonation.forbidden': { status: 403, title: 'Not while seeing the product as somebody else' },
  'impersonation.read_only': { status: 403, title: 'Read-only while seeing the product as somebody else' },
  'role.not_found': { status: 404, title: 'Role not found' },
  'role.name_taken': { status: 409, title: 'Role name taken' },
  'role.in_use': { status: 409, title: 'Role in use' },
  'role_assignment.not_found': { status: 404, title: 'Role assignment not found' },
  'role_assignment.exists': { status: 409, title: 'Role given already' },
  'role_request.not_found': { status: 404, title: 'Request not found' },
  'role_request.exists': { status: 409, title: 'Asked already' },
  'role_request.own': { status: 403, title: 'Nobody decides about their own request' },
  'role_request.decided': { status: 409, title: 'Decided already' },
  'deny_rule.not_found': { status: 404, title: 'Deny rule not found' },
  'deny_rule.locks_out': { status: 409, title: 'This would lock you out' },
  'account.required': { status: 400, title: 'Choose an account' },
  'account.suspended': { status: 403, title: 'Account suspended' },
  'route.not_found': { status: 404, title: 'No such route' },
  'session.not_found': { status: 404, title: 'Session not found' },
  'setup.done': { status: 409, title: 'Already set up' },
  'setup.code_wrong': { status: 403, title: 'Set-up code is wrong' },
  'account.not_found': { status: 404, title: 'Account not found' },
  'account.name_taken': { status: 409, title: 'Account name taken' },
  'account.domain_taken': { status: 409, title: 'Domain taken' },
  'account.org_taken': { status: 409, title: 'Organisation taken' },
  'account.confirmation_wrong': { status: 400, title: 'Confirmation does not match' },
  'user.not_found': { status: 404, title: 'User not found' },
  'user.email_taken': { status: 409, title: 'E-mail taken' },
  'user.last_admin': { status: 409, title: 'Last administrator' },
  'user.synchronised': { status: 409, title: 'Managed by the identity source' },
  'account.seats_taken': { status: 409, title: 'All seats taken' },
  'org.not_found': { status: 404, title: 'Org not found' },
  'org.name_taken': { status: 409, title: 'Org name taken' },
  'org.default': { status: 409, title: 'Default org' },
  'org.in_use': { status: 409, title: 'Org in use' },
  'team.not_found': { status: 404, title: 'Team not found' },
  'team.name_taken': { status: 409, title: 'Team name taken' },
  'invite.not_found': { status: 404, title: 'Invitation not found' },
  'invite.closed': { status: 409, title: 'Invitation closed' },
  'invite.invalid': { status: 404, title: 'Invitation not valid' },
  'invite.sign_in_first': { status: 409, title: 'Sign in first' },
  'invite.other_person': { status: 403, title: 'Invitation of somebody else' },
  'invite.not_granted': { status: 409, title: 'Invitation no longer backed' },
  'service_account.not_found': { status: 404, title: 'Service account not found' },
  'service_account.name_taken': { status: 409, title: 'Service account name taken' },
  'key.not_found': { status: 404, title: 'Key not found' },
  'key.limit_reached': { status: 409, title: 'Key limit reached' },
  'provider_connection.not_found': { status: 404, title: 'Provider connection not found' },
  'provider_connection.name_taken': { status: 409, title: 'Provider connection name taken' },
  'provider_connection.in_use': { status: 409, title: 'Provider connection in use' },
  'model.not_found': { status: 404, title: 'Model not found' },
  'model.name_taken': { status: 409, title: 'Model name taken' },
  'model.not_eligible': { status: 400, title: 'Model not eligible' },
  'budget.no_plan': { status: 409, title: 'No budget plan' },
  'budget.allocation_not_found': { status: 404, title: 'Allocation not found' },
  'budget.insufficient': { status: 409, title: 'Not enough unallocated credits' },
  'budget.below_spent': { status: 409, title: 'Limit below what is spent' },
  'budget.grant_not_found': { status: 404, title: 'Grant not found' },
  'budget.in_use': { status: 409, title: 'Allocation in use' },
  'budget.exhausted': { status: 402, title: 'Budget exhausted' },
  'audit_hold.not_found': { status: 404, title: 'Legal hold not found' },
  'audit_hold.of_platform': { status: 403, title: 'Hold of the platform' },
  'audit_event.not_found': { status: 404, title: 'Audit event not found' },
  'request.not_found': { status: 404, title: 'Request not found' },
  'internal.error': { status: 500, title: 'Internal error' },
  'internal.unavailable': { status: 503, title: 'Not ready' },
} as const

export type ProblemCode = keyof typeof problems

/** What any route may answer; a route lists only its own. */
export const commonProblems = [
  'input.invalid',
  'input.malformed',
  'auth.required',
  'access.denied',
  'internal.error',
] as const satisfies readonly ProblemCode[]

/** The body of every failed control-plane call: `application/problem+json`. */
export type ProblemBody = {
  type: ProblemCode
  title: string
  status: number
  detail: string
  /** One entry a wrong field, with a JSON pointer into the input. */
  errors?: { pointer: string; detail: string }[]
  requestId: string
}
