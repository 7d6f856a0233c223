import type { Prices } from '@cockpit/contract/models'
import { AmountField, Columns, type Form } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'

const t = messages('priceFields', {
  unit: 'USD / 1M',
  input: 'Input',
  output: 'Output',
  cachedInput: 'Cached input',
  cachedInputHelp: 'Empty: as input.',
  cacheWrite: 'Cache write',
  cacheWriteHelp: 'Empty: as input.',
  reasoning: 'Reasoning',
  reasoningHelp: 'Empty: as output.',
  required: 'is required',
})

export type PriceValues = {
  input: string
  output: string
  cachedInput: string
  cacheWrite: string
  reasoning: string
}
export const noPrices: PriceValues = { input: '', output: '', cachedInput: '', cacheWrite: '', reasoning: '' }

export const priceValuesOf = (prices: Prices): PriceValues => ({
  input: prices.input,
  output: prices.output,
  cachedInput: prices.cachedInput ?? '',
  cacheWrite: prices.cacheWrite ?? '',
  reasoning: prices.reasoning ?? '',
})

export const priceInput = ({ input, output, cachedInput, cacheWrite, reasoning }: PriceValues): Prices => ({
  input,
  output,
  cachedInput: cachedInput || null,
  cacheWrite: cacheWrite || null,
  reasoning: reasoning || null,
})

export const missingPrices = ({ input, output }: PriceValues) => ({
  ...(input ? {} : { input: t.required }),
  ...(output ? {} : { output: t.required }),
})

/** US dollars for a million tokens of each kind. */
export const PriceFields = <T extends PriceValues & Record<string, unknown>>({ form }: { form: Form<T> }) => (
  <Columns minWidth={150}>
    <AmountField label={t.input} unit={t.unit} required {...form.field('input', '/prices/input')} />
    <AmountField label={t.output} unit={t.unit} required {...form.field('output', '/prices/output')} />
    <AmountField
      label={t.cachedInput}
      help={t.cachedInputHelp}
      unit={t.unit}
      {...form.field('cachedInput', '/prices/cachedInput')}
    />
    <AmountField
      label={t.cacheWrite}
      help={t.cacheWriteHelp}
      unit={t.unit}
      {...form.field('cacheWrite', '/prices/cacheWrite')}
    />
    <AmountField
      label={t.reasoning}
      help={t.reasoningHelp}
      unit={t.unit}
      {...form.field('reasoning', '/prices/reasoning')}
    />
  </Columns>
)
