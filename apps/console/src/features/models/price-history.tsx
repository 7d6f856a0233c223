import type { Model } from '@cockpit/contract/models'
import { formatCredits, TimeChart } from '@cockpit/ui'
import { priceSteps } from './price-steps.ts'
import { modelText as t } from './strings.ts'

/** What a model cost from when on. One price that never changed is no history. */
export const PriceHistory = ({ versions }: { versions: readonly Model['price'][] }) => {
  if (versions.length < 2) return null
  const steps = priceSteps(versions, Date.now())
  return (
    <TimeChart
      label={t.priceHistory}
      times={steps.map(({ at }) => at)}
      series={[
        { label: t.input, values: steps.map(({ input }) => input) },
        { label: t.output, values: steps.map(({ output }) => output) },
      ]}
      unit={t.perMillion}
      format={formatCredits}
      height={140}
    />
  )
}
