import { Button, Columns, IconPlus, IconX, MultiSelect, NumberField, Row, Select, Stack } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { DeploymentDetails } from './deployment-details.tsx'
import { optionsOf, reasonLabels } from './route-strings.ts'
import type { RouteValues } from './route-values.ts'

const t = messages('routeFields', {
  deployments: 'Deployments',
  tier: 'Tier',
  tierHelp: '0 first.',
  weight: 'Weight',
  weightHelp: '0 only stands in.',
  canary: 'Canary',
  canaryHelp: 'Empty: none.',
  parallel: 'Requests at once',
  parallelHelp: 'Empty: no limit.',
  input: 'Longest prompt',
  inputHelp: 'Empty: any.',
  tokens: 'tokens',
  perMinute: 'Requests per minute',
  perMinuteHelp: 'Empty: no limit.',
  fallbacks: 'Other models that answer instead',
  fallbacksHelp: 'At their own price, where the caller may use them.',
  model: (place: number) => `Model ${place}`,
  on: 'When',
  remove: (place: number) => `Remove model ${place}`,
  add: 'Add a model',
})

type FieldError = { pointer: string; detail: string }
type Deployments = RouteValues['deployments']
type Fallbacks = RouteValues['fallbacks']
const fallbacksMax = 5

const errorAt = (errors: readonly FieldError[], pointer: string) =>
  errors.find((error) => error.pointer.endsWith(pointer))?.detail

/** One row for each deployment of the model; which they are is part of the model. */
export const RouteDeployments = ({
  value,
  onChange,
  errors,
}: {
  value: Deployments
  onChange: (value: Deployments) => void
  errors: readonly FieldError[]
}) => (
  <fieldset className="ck-fieldset">
    <legend className="ck-label">{t.deployments}</legend>
    <Stack gap={16}>
      {value.map((one, index) => {
        const put = (patch: Partial<Deployments[number]>) =>
          onChange(value.map((other, at) => (at === index ? { ...other, ...patch } : other)))
        const wrong = (field: string) => errorAt(errors, `/deployments/${index}/${field}`)
        const named = errorAt(errors, `/deployments/${index}`)
        return (
          <Stack key={`${one.connectionId} ${one.upstreamModel}`} gap={8}>
            <span>
              <span className="ck-strong">{one.connectionName}</span>{' '}
              <span className="ck-mono">{one.upstreamModel}</span>
            </span>
            {named && <span className="ck-ink-red ck-size-xs">{named}</span>}
            <Columns minWidth={120} gap={12}>
              <NumberField
                label={t.tier}
                help={t.tierHelp}
                min={0}
                max={9}
                value={one.tier}
                error={wrong('tier')}
                onChange={(tier) => put({ tier: tier ?? 0 })}
              />
              <NumberField
                label={t.weight}
                help={t.weightHelp}
                min={0}
                max={1_000}
                value={one.weight}
                error={wrong('weight')}
                onChange={(weight) => put({ weight: weight ?? 0 })}
              />
              <NumberField
                label={t.canary}
                help={t.canaryHelp}
                unit="%"
                min={0}
                max={100}
                value={one.canaryPercent}
                error={wrong('canaryPercent')}
                onChange={(canaryPercent) => put({ canaryPercent })}
              />
              <NumberField
                label={t.parallel}
                help={t.parallelHelp}
                min={1}
                value={one.parallelMax}
                error={wrong('parallelMax')}
                onChange={(parallelMax) => put({ parallelMax })}
              />
              <NumberField
                label={t.input}
                help={t.inputHelp}
                unit={t.tokens}
                min={1}
                value={one.inputTokensMax}
                error={wrong('inputTokensMax')}
                onChange={(inputTokensMax) => put({ inputTokensMax })}
              />
              <NumberField
                label={t.perMinute}
                help={t.perMinuteHelp}
                min={1}
                value={one.perMinuteMax}
                error={wrong('perMinuteMax')}
                onChange={(perMinuteMax) => put({ perMinuteMax })}
              />
            </Columns>
            <DeploymentDetails value={one} put={put} wrong={wrong} />
          </Stack>
        )
      })}
    </Stack>
  </fieldset>
)

export const RouteFallbacks = ({
  value,
  onChange,
  names,
  errors,
}: {
  value: Fallbacks
  onChange: (value: Fallbacks) => void
  names: readonly string[]
  errors: readonly FieldError[]
}) => (
  <fieldset className="ck-fieldset">
    <legend className="ck-label">{t.fallbacks}</legend>
    <Stack gap={12}>
      <span className="ck-help">{t.fallbacksHelp}</span>
      {value.map((one, index) => {
        const put = (patch: Partial<Fallbacks[number]>) =>
          onChange(value.map((other, at) => (at === index ? { ...other, ...patch } : other)))
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: places in an order, all their state is in the values
          <Stack key={index} gap={4}>
            <Columns minWidth={200}>
              <Select
                label={t.model(index + 1)}
                searchable
                value={one.model}
                options={names.map((name) => ({ value: name, label: name }))}
                error={errorAt(errors, `/fallbacks/${index}/model`)}
                onChange={(model) => put({ model })}
              />
              <MultiSelect
                label={t.on}
                value={one.on}
                options={optionsOf(reasonLabels)}
                error={errorAt(errors, `/fallbacks/${index}/on`)}
                onChange={(on) => put({ on })}
              />
            </Columns>
            <Row justify="end">
              <Button icon={<IconX size={14} />} onClick={() => onChange(value.filter((_, at) => at !== index))}>
                {t.remove(index + 1)}
              </Button>
            </Row>
          </Stack>
        )
      })}
      <Row>
        <Button
          icon={<IconPlus size={14} />}
          disabled={value.length >= fallbacksMax}
          onClick={() => onChange([...value, { model: null, on: ['error'] }])}
        >
          {t.add}
        </Button>
      </Row>
    </Stack>
  </fieldset>
)
