/** How SCIM says no: RFC 7644 §3.12. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'

export class ScimError extends Error {
  readonly status: number
  readonly detail: string
  readonly scimType: ScimType | undefined
  readonly headers: Readonly<Record<string, string>>
  constructor(status: number, detail: string, scimType?: ScimType, headers: Readonly<Record<string, string>> = {}) {
    super(detail)
    this.status = status
    this.detail = detail
    this.scimType = scimType
    this.headers = headers
  }
}

export const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error'

export const errorBody = ({ status, detail, scimType }: Pick<ScimError, 'status' | 'detail' | 'scimType'>) => ({
  schemas: [errorSchema],
  // a text, as the RFC has it
  status: String(status),
  ...(scimType && { scimType }),
  detail,
})

export const notFound = (kind: 'User' | 'Group', id: string) => new ScimError(404, `${kind} ${id} not found.`)

export const notPossible = (method: string, possible: readonly string[]) =>
  new ScimError(405, `${method} is not possible here.`, undefined, { allow: possible.join(', ') })
