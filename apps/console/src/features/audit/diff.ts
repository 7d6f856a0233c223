type Values = Record<string, unknown> | null

export type Change = {
  /** Names of nested values are joined by dots: `limits.rpm`. */
  field: string
  kind: 'added' | 'removed' | 'changed' | 'same'
  before: string | null
  after: string | null
}

/** What differs between the values before and after, field by field, changes first. */
export const diffOf = (before: Values, after: Values): Change[] => {
  const [was, is] = [flat(before), flat(after)]
  const fields = [...new Set([...was.keys(), ...is.keys()])]
  const changes = fields.map((field): Change => {
    const [old, now] = [was.get(field) ?? null, is.get(field) ?? null]
    const kind = old === now ? 'same' : old === null ? 'added' : now === null ? 'removed' : 'changed'
    return { field, kind, before: old, after: now }
  })
  return [...changes.filter(({ kind }) => kind !== 'same'), ...changes.filter(({ kind }) => kind === 'same')]
}

const flat = (values: Values, path = ''): Map<string, string> => {
  const fields = new Map<string, string>()
  for (const [name, value] of Object.entries(values ?? {})) {
    const field = path ? `${path}.${name}` : name
    if (isNested(value)) for (const [inner, text] of flat(value, field)) fields.set(inner, text)
    else if (value !== null && value !== undefined) fields.set(field, textOf(value))
  }
  return fields
}

const isNested = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
