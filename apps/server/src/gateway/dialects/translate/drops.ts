type Values = Readonly<Record<string, unknown>>

/** Names what a translation left out, so that the trace of a call can say so. */
export type Drops = {
  add(field: string): void
  /**
   * Everything in `body` that carries a value and is not among the `known` fields, but for the `usual` values, which ask for
   * nothing, so that leaving them out is no loss worth telling.
   */
  addUnknown(body: Values, known: ReadonlySet<string>, usual?: Values): void
  list(): string[]
}

export function createDrops(): Drops {
  const fields = new Set<string>()
  return {
    add: (field) => void fields.add(field),
    addUnknown: (body, known, usual = {}) => {
      for (const [field, value] of Object.entries(body)) {
        if (!known.has(field) && value !== null && value !== undefined && usual[field] !== value) fields.add(field)
      }
    },
    list: () => [...fields],
  }
}
