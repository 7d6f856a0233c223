import type { EffectiveModel } from '@cockpit/contract/explain'
import { Divider, formatMoney, NumberField, Select, Stack, Textarea } from '@cockpit/ui'
import type { z } from 'zod'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'

const t = messages('playgroundSettings', {
  model: 'Model',
  prices: (input: string, output: string) => `${input} in and ${output} out for a million tokens.`,
  demo: 'Simulated by Cockpit itself; counts tokens and credits like a real one.',
  system: 'System prompt',
  systemHelp: 'Said to the model before everything else.',
  temperature: 'Temperature',
  temperatureHelp: '0 to 2; higher is more varied.',
  maxTokens: 'Max tokens',
  maxTokensHelp: 'Where an answer is cut off.',
  default: 'Default of the model',
  tokens: 'tokens',
})

type Model = z.infer<typeof EffectiveModel>

/** Which model and how; the address keeps it, so that it survives a reload and can be shared. */
export const SettingsSide = ({
  models,
  model,
  system,
  onSystem,
}: {
  models: readonly Model[]
  model: Model
  system: string
  onSystem: (text: string) => void
}) => {
  const { search, setSearch } = useSearchState()
  const prices = t.prices(formatMoney(model.prices.input), formatMoney(model.prices.output))
  return (
    <Stack gap={16}>
      <Select
        label={t.model}
        value={model.name}
        options={models.map(({ name, displayName }) => ({ value: name, label: displayName }))}
        help={model.demo ? `${t.demo} ${prices}` : prices}
        onChange={(name) => setSearch({ model: name ?? undefined })}
      />
      <Textarea label={t.system} help={t.systemHelp} rows={2} rowsMax={8} value={system} onChange={onSystem} />
      <NumberField
        label={t.temperature}
        help={t.temperatureHelp}
        min={0}
        max={2}
        step={0.1}
        decimals={2}
        placeholder={t.default}
        value={numberIn(search.temperature)}
        onChange={(value) => setSearch({ temperature: textOf(value) })}
      />
      <NumberField
        label={t.maxTokens}
        help={t.maxTokensHelp}
        min={1}
        {...(model.outputTokensMax === null ? {} : { max: model.outputTokensMax })}
        placeholder={t.default}
        unit={t.tokens}
        value={numberIn(search.max)}
        onChange={(value) => setSearch({ max: textOf(value) })}
      />
      <Divider />
    </Stack>
  )
}

export const numberIn = (text: string | undefined): number | null => {
  const value = Number(text)
  return text && Number.isFinite(value) ? value : null
}
const textOf = (value: number | null) => (value === null ? undefined : String(value))
