const literal = (text: string): string => text.replace(/[\\%_]/g, '\\$&')
/** Patterns for `like` that find `text` anywhere, or at the beginning; its own wildcards are taken literally. */
export const containing = (text: string): string => `%${literal(text)}%`
export const startingWith = (text: string): string => `${literal(text)}%`

/** A page of rows that were read with one more than `limit`: that one says whether a next page exists. */
export const cutPage = <Row, Item extends { id: string }>(
  rows: readonly Row[],
  limit: number,
  present: (row: Row) => Item,
): { items: Item[]; next: string | null } => {
  const items = rows.slice(0, limit).map(present)
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
}
