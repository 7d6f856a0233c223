/**
 * How many calls of a batch are under way at once: all that may be while nothing is in their way. A limit stops them for as
 * long as it says, then one at a time finds out whether there is room again, so that thousands do not ask in vain.
 */
export const createPace = (atOnce: number) => {
  let room = atOnce
  let until = Number.NEGATIVE_INFINITY
  return {
    /** How many more may begin. */
    roomFor: (running: number, at: number): number => (at < until ? 0 : Math.max(0, room - running)),
    /** How long none may. */
    pauseMs: (at: number): number => Math.max(0, until - at),
    limited(at: number, pauseMs: number): void {
      room = 1
      until = Math.max(until, at + pauseMs)
    },
    passed(): void {
      room = Math.min(atOnce, room + 1)
    },
  }
}
