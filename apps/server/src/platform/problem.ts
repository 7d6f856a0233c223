import { type ProblemBody, type ProblemCode, problems } from '@cockpit/contract/problems'

type FieldError = { pointer: string; detail: string }
type More = { errors?: FieldError[]; headers?: Record<string, string>; reason?: Problem }

/** A failure the caller can see: a stable code for programs, a sentence for people. Everything else thrown is a bug. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly detail: string
  readonly errors: FieldError[] | undefined
  /** Response headers such as Retry-After. */
  readonly headers: Record<string, string>
  /** What it really is, for the audit log, where the caller must not learn it. */
  readonly reason: Problem | undefined

  constructor(code: ProblemCode, detail: string, { errors, headers = {}, reason }: More = {}) {
    super(`${code}: ${detail}`)
    this.name = 'Problem'
    this.code = code
    this.detail = detail
    this.errors = errors
    this.headers = headers
    this.reason = reason
  }

  get status(): number {
    return problems[this.code].status
  }
}

/** The body of an answer, `application/problem+json`. */
export const problemBody = (problem: Problem, requestId: string): ProblemBody => ({
  type: problem.code,
  title: problems[problem.code].title,
  status: problem.status,
  detail: problem.detail,
  ...(problem.errors && { errors: problem.errors }),
  requestId,
})
