const windowMs = 5_000

/** How fast credits are spent: the rate of the last whole window, or of the present one when that is higher already. */
export const createBurn = (startedAt: number) => {
  let perSecond = 0n
  let burned = 0n
  let since = startedAt
  return {
    perSecond: () => perSecond,
    add(cost: bigint, now: number): void {
      burned += cost
      const elapsedMs = Math.max(1_000, Math.round(now - since))
      const rate = (burned * 1_000n) / BigInt(elapsedMs)
      if (elapsedMs < windowMs) {
        // a purse that just began to burn must not wait a whole window to be seen
        if (rate > perSecond) perSecond = rate
        return
      }
      perSecond = rate
      burned = 0n
      since = now
    },
  }
}
export type Burn = ReturnType<typeof createBurn>
