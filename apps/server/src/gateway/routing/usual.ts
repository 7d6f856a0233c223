/** What is usual among the last figures. */

const kept = 128
/** Fewer say nothing about the slowest of twenty. */
const least = 20

export const createUsual = () => {
  const figures = new Float64Array(kept)
  let count = 0
  return {
    add(figure: number): void {
      figures[count++ % kept] = figure
    },
    p95(): number | null {
      const known = Math.min(count, kept)
      return known < least ? null : (figures.slice(0, known).sort()[Math.ceil(known * 0.95) - 1] ?? null)
    },
  }
}
export type Usual = ReturnType<typeof createUsual>
