import type { Model } from '@cockpit/contract/models'

export type PriceStep = { at: number; input: number; output: number }

/** Points of a line that stays until the next price: each price where it begins and just before it ends, up to now. */
export const priceSteps = (versions: readonly Model['price'][], now: number): PriceStep[] => {
  const inOrder = versions
    .map(({ effectiveFrom, prices }) => ({
      at: Date.parse(effectiveFrom),
      input: Number(prices.input),
      output: Number(prices.output),
    }))
    .sort((a, b) => a.at - b.at)
  const steps = inOrder.flatMap((step, index): PriceStep[] => {
    const next = inOrder[index + 1]
    return next ? [step, { ...step, at: next.at - 1 }] : [step]
  })
  const last = steps.at(-1)
  return last && last.at < now ? [...steps, { ...last, at: now }] : steps
}
