import { guardrailCheckKinds } from '@cockpit/contract/guardrail-checks'
import {
  Button,
  Checkbox,
  IconPlus,
  MultiSelect,
  NumberField,
  OrderActs,
  Row,
  Select,
  Stack,
  Textarea,
  TextField,
} from '@cockpit/ui'
import type { ReactNode } from 'react'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import {
  actionLabels,
  checkLabels,
  chosenActions,
  directionLabels,
  languageLabels,
  optionsOf,
  piiLabels,
} from './strings.ts'
import { type CheckValues, emptyCheck, maskless } from './values.ts'

const t = messages('guardrailCheckFields', {
  title: 'Checks',
  help: 'From top to bottom; where two find something at the same place, the upper one has its way.',
  check: (place: number) => `Check ${place}`,
  action: 'What follows',
  on: 'Where it looks',
  up: (place: number) => `Move check ${place} up`,
  down: (place: number) => `Move check ${place} down`,
  remove: (place: number) => `Remove check ${place}`,
  add: 'Add a check',
  kinds: 'What to look for',
  entropy: 'Also long random tokens of no known form',
  words: 'Words and phrases',
  wordsHelp: 'One a line. They count whole, in small or capital letters.',
  topic: 'Name of the topic',
  keywords: 'Keywords',
  atLeast: 'Keywords one text must hold',
  patterns: 'Patterns',
  patternsHelp:
    'One a line, as “name: pattern”. Regular expressions without look-around and back references; what could be slow is refused.',
  ignoreCase: 'Small and capital letters are the same',
  schema: 'JSON schema',
  schemaHelp: 'Of the whole answer. In a stream it is judged at the end.',
  chars: 'Characters allowed',
  charsUnit: 'characters',
  allowed: 'Languages allowed',
  service: 'Which service',
  categories: 'What counts',
  categoriesHelp:
    'One a line, in the words of the service: PERSON and LOCATION, violence, PromptAttack. Empty: everything it finds.',
  threshold: 'From which score on',
  thresholdHelp: 'Between 0 and 1.',
})

const checksMax = 20
type FieldError = { pointer: string; detail: string }

/** The checks of a guardrail in their order. */
export const CheckFields = ({
  value,
  onChange,
  errors,
  error,
}: {
  value: readonly CheckValues[]
  onChange: (value: CheckValues[]) => void
  errors: readonly FieldError[]
  error: string | undefined
}) => {
  const put = (index: number, patch: Partial<CheckValues>) =>
    onChange(value.map((one, at) => (at === index ? { ...one, ...patch } : one)))
  return (
    <fieldset className="ck-fieldset">
      <legend className="ck-label">{t.title}</legend>
      <Stack gap={12}>
        <span className="ck-help">{t.help}</span>
        {value.map((check, index) => (
          <OneCheck
            // biome-ignore lint/suspicious/noArrayIndexKey: places in an order, all their state is in the values
            key={index}
            place={index + 1}
            value={check}
            onChange={(patch) => put(index, patch)}
            error={errors.find(({ pointer }) => pointer.startsWith(`/checks/${index}/`))?.detail}
            acts={
              <OrderActs
                value={value}
                index={index}
                onChange={onChange}
                labels={{ up: t.up(index + 1), down: t.down(index + 1), remove: t.remove(index + 1) }}
              />
            }
          />
        ))}
        {error && (
          <span className="ck-ink-red" role="alert">
            {error}
          </span>
        )}
        <Row>
          <Button
            icon={<IconPlus size={14} />}
            disabled={value.length >= checksMax}
            onClick={() => onChange([...value, emptyCheck])}
          >
            {t.add}
          </Button>
        </Row>
      </Stack>
    </fieldset>
  )
}

type OneProps = {
  place: number
  value: CheckValues
  onChange: (patch: Partial<CheckValues>) => void
  error: string | undefined
  acts: ReactNode
}

const OneCheck = ({ place, value, onChange, error, acts }: OneProps) => {
  const actions = maskless(value.kind) ? chosenActions.filter((action) => action !== 'mask') : chosenActions
  const action = actions.includes(value.action) ? value.action : 'flag'
  // what nobody can be asked about is not offered
  const hasServices = (useServices()?.length ?? 0) > 0 || value.kind === 'external'
  const kinds = hasServices ? undefined : guardrailCheckKinds.filter((kind) => kind !== 'external')
  return (
    <div className="ck-rule">
      <Row justify="between" wrap={false}>
        <span className="ck-label">{t.check(place)}</span>
        {acts}
      </Row>
      <div className="ck-rule-head">
        <Select
          label={t.check(place)}
          hideLabel
          value={value.kind}
          options={optionsOf(checkLabels, kinds)}
          onChange={(kind) => kind && onChange({ kind })}
        />
        <Select
          label={t.action}
          hideLabel
          value={action}
          options={optionsOf(actionLabels, actions)}
          onChange={(next) => chosenActions.find((one) => one === next) && onChange({ action: next as typeof action })}
        />
      </div>
      {value.kind !== 'json_schema' && (
        <MultiSelect
          label={t.on}
          required
          value={value.on}
          options={optionsOf(directionLabels)}
          onChange={(on) => onChange({ on })}
        />
      )}
      <KindFields value={value} onChange={onChange} error={error} />
    </div>
  )
}

/** What only one kind of check asks for. */
const KindFields = ({ value, onChange, error }: Pick<OneProps, 'value' | 'onChange' | 'error'>) => {
  switch (value.kind) {
    case 'pii':
      return (
        <MultiSelect
          label={t.kinds}
          required
          value={value.kinds}
          options={optionsOf(piiLabels)}
          error={error}
          onChange={(kinds) => onChange({ kinds })}
        />
      )
    case 'secrets':
      return <Checkbox label={t.entropy} value={value.entropy} onChange={(entropy) => onChange({ entropy })} />
    case 'injection':
      return null
    case 'external':
      return <ExternalFields value={value} onChange={onChange} error={error} />
    case 'words':
      return <Lines label={t.words} help={t.wordsHelp} value={value} onChange={onChange} error={error} />
    case 'topic':
      return (
        <>
          <TextField label={t.topic} required value={value.topic} onChange={(topic) => onChange({ topic })} />
          <Lines label={t.keywords} help={t.wordsHelp} value={value} onChange={onChange} error={error} />
          <NumberField
            label={t.atLeast}
            min={1}
            max={20}
            value={value.atLeast}
            onChange={(atLeast) => onChange({ atLeast })}
          />
        </>
      )
    case 'patterns':
      return (
        <>
          <Lines mono label={t.patterns} help={t.patternsHelp} value={value} onChange={onChange} error={error} />
          <Checkbox label={t.ignoreCase} value={value.ignoreCase} onChange={(ignoreCase) => onChange({ ignoreCase })} />
        </>
      )
    case 'json_schema':
      return (
        <Textarea
          label={t.schema}
          help={t.schemaHelp}
          required
          mono
          rows={6}
          value={value.schema}
          error={error}
          onChange={(schema) => onChange({ schema })}
        />
      )
    case 'length':
      return (
        <NumberField
          label={t.chars}
          unit={t.charsUnit}
          min={1}
          max={10_000_000}
          value={value.charsMax}
          error={error}
          onChange={(charsMax) => onChange({ charsMax })}
        />
      )
    case 'language':
      return (
        <MultiSelect
          label={t.allowed}
          required
          value={value.allowed}
          options={optionsOf(languageLabels)}
          error={error}
          onChange={(allowed) => onChange({ allowed })}
        />
      )
  }
}

const useServices = () =>
  useLoad(['guardrail-services', 'list'], (api, signal) => api.guardrailServices.list({}, { signal })).data?.items

const ExternalFields = ({ value, onChange, error }: Pick<OneProps, 'value' | 'onChange' | 'error'>) => {
  const services = useServices() ?? []
  return (
    <>
      <Select
        label={t.service}
        required
        value={value.serviceId}
        options={services.map(({ id, name }) => ({ value: id, label: name }))}
        error={error}
        onChange={(serviceId) => onChange({ serviceId })}
      />
      <Textarea
        label={t.categories}
        help={t.categoriesHelp}
        rows={3}
        mono
        value={value.lines}
        onChange={(lines) => onChange({ lines })}
      />
      <NumberField
        label={t.threshold}
        help={t.thresholdHelp}
        min={0}
        max={1}
        decimals={2}
        value={value.threshold}
        onChange={(threshold) => onChange({ threshold })}
      />
    </>
  )
}

const Lines = ({
  value,
  onChange,
  ...field
}: Pick<OneProps, 'value' | 'onChange' | 'error'> & { label: string; help: string; mono?: boolean }) => (
  <Textarea required rows={4} value={value.lines} onChange={(lines) => onChange({ lines })} {...field} />
)
