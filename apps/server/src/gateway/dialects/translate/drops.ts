/** Names what a translation left out, so that the trace of a call can say so. */
export type Drops = {
  add(field: string): void
  /** Everything in `body` that carries a value and is not among the `known` fields. */
  addUnknown(body: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): void
  list(): string[]
}

export function createDrops(): Drops {
  const fields = new Set<string>()
  return {
    add: (field) => void fields.add(field),
    addUnknown: (body, known) => {
      for (const [field, value] of Object.entries(body)) {
        if (!known.has(field) && value !== null && value !== undefined) fields.add(field)
      }
    },
    list: () => [...fields],
  }
}
