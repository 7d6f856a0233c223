import type { EffectiveModel } from '@cockpit/contract/explain'
import { labModelsMax } from '@cockpit/contract/lab-runs'
import { MultiSelect, NumberField, Select, Stack, Textarea, toast } from '@cockpit/ui'
import type { z } from 'zod'
import { useSearchState } from '../../app/location.ts'
import { numberIn } from '../playground/settings-side.tsx'
import { t } from './strings.ts'
import { type LabTemplate, templates } from './templates.ts'

/** Which models and how; all but the texts stands in the address. */
export const SettingsSide = ({
  models,
  chosen,
  template,
  system,
  onSystem,
  onTemplate,
}: {
  models: readonly z.infer<typeof EffectiveModel>[]
  chosen: readonly string[]
  template: string | null
  system: string
  onSystem: (text: string) => void
  onTemplate: (template: LabTemplate | null) => void
}) => {
  const { search, setSearch } = useSearchState()
  const number = (key: 'temperature' | 'top' | 'max') => ({
    placeholder: t.default,
    value: numberIn(search[key]),
    onChange: (value: number | null) => setSearch({ [key]: value === null ? undefined : String(value) }),
  })
  return (
    <Stack gap={16}>
      <MultiSelect
        label={t.models}
        help={t.modelsHelp}
        placeholder={t.chooseModel}
        value={[...chosen]}
        options={models.map(({ name, displayName }) => ({ value: name, label: displayName }))}
        onChange={(names) =>
          names.length > labModelsMax ? toast.error(t.modelsMax) : setSearch({ models: names.join(',') || 'none' })
        }
      />
      <Select
        label={t.template}
        help={t.templateHelp}
        placeholder={t.templateNone}
        clearable
        value={template}
        options={templates.map(({ id, title, category }) => ({ value: id, label: title, group: category }))}
        onChange={(id) => onTemplate(templates.find((one) => one.id === id) ?? null)}
      />
      <Textarea label={t.system} help={t.systemHelp} rows={2} rowsMax={8} value={system} onChange={onSystem} />
      <NumberField
        label={t.temperature}
        help={t.temperatureHelp}
        min={0}
        max={2}
        step={0.1}
        decimals={2}
        {...number('temperature')}
      />
      <NumberField label={t.topP} help={t.topPHelp} min={0} max={1} step={0.05} decimals={2} {...number('top')} />
      <NumberField label={t.maxTokens} help={t.maxTokensHelp} min={1} unit={t.tokens} {...number('max')} />
    </Stack>
  )
}
