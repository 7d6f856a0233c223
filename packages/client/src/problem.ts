import type { ProblemBody, ProblemCode } from '@cockpit/contract/problems'

export type FieldError = { pointer: string; detail: string }

/** A failed call: the problem the server answered, or `network.unreachable` when no answer came. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly code: ProblemCode | 'network.unreachable' | 'response.unreadable'
  /** 0 when no answer came. */
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly errors: readonly FieldError[]
  readonly requestId: string | null

  constructor(body: {
    type: ApiProblem['code']
    status: number
    title: string
    detail: string
    errors?: readonly FieldError[] | undefined
    requestId?: string | null
    cause?: unknown
  }) {
    super(`${body.title}: ${body.detail}`, { cause: body.cause })
    this.code = body.type
    this.status = body.status
    this.title = body.title
    this.detail = body.detail
    this.errors = body.errors ?? []
    this.requestId = body.requestId ?? null
  }
}

/** Reads the problem out of a failed response; an answer that is no problem document still becomes one. */
export const problemOf = async (response: Response): Promise<ApiProblem> => {
  const requestId = response.headers.get('x-request-id')
  const body: unknown = await response.json().catch(() => null)
  if (isProblem(body)) return new ApiProblem(body)
  return new ApiProblem({
    type: 'response.unreadable',
    status: response.status,
    title: 'Unexpected answer',
    detail: `The server answered ${response.status} ${response.statusText} without saying why.`.replace('  ', ' '),
    requestId,
  })
}

/** The request got no answer: server down, name not resolved, connection cut. */
export const unreachable = (cause: unknown): ApiProblem =>
  new ApiProblem({
    type: 'network.unreachable',
    status: 0,
    title: 'Server not reached',
    detail: 'No answer came. Check that the server runs and that this machine reaches it.',
    cause,
  })

const isProblem = (body: unknown): body is ProblemBody =>
  typeof body === 'object' && body !== null && 'type' in body && 'status' in body && 'detail' in body && 'title' in body
