import type { GuardrailScope } from '@cockpit/contract/guardrail-checks'
import { type Form, NumberField, type Option, Select, SuggestField, Textarea, TextField } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { CheckFields } from './check-fields.tsx'
import { Preview } from './preview.tsx'
import { guardText } from './strings.ts'
import type { GuardrailValues } from './values.ts'

const t = messages('guardrailFields', {
  nameHelp: 'Callers who are refused read it.',
  description: 'Description',
  unit: (type: string) => `Which ${type}`,
  model: 'Which model',
  modelHelp: 'The name callers write in “model”.',
  positionHelp: 'Guardrails with lower numbers look first.',
  failureHelp: 'A text that is too large or takes too long to judge.',
})

const scopes: readonly Option<GuardrailScope['type']>[] = [
  { value: 'account', label: guardText.everybody },
  { value: 'org', label: 'An org' },
  { value: 'team', label: 'A team' },
  { value: 'key', label: 'A key' },
  { value: 'model', label: 'A model' },
]

/** The fields of a guardrail, and what it would have done. */
export const GuardrailFields = ({ form }: { form: Form<GuardrailValues & Record<string, unknown>> }) => {
  const { values } = form
  return (
    <>
      <TextField label={guardText.name} help={t.nameHelp} required {...form.field('name')} />
      <Textarea label={t.description} rows={2} {...form.field('description')} />
      <Select
        label={guardText.scope}
        required
        options={scopes}
        {...form.field('scopeType', '/scope/type')}
        onChange={(scopeType) => scopeType && form.set({ scopeType, scopeId: null })}
      />
      <ScopeField form={form} />
      <CheckFields
        value={values.checks}
        onChange={(checks) => form.set({ checks })}
        errors={form.problem?.errors ?? []}
        error={form.field('checks').error}
      />
      <Select
        label={guardText.onFailure}
        help={t.failureHelp}
        required
        options={[
          { value: 'closed', label: guardText.closed },
          { value: 'open', label: guardText.open },
        ]}
        {...form.field('onFailure')}
        onChange={(onFailure) => onFailure && form.set({ onFailure })}
      />
      <NumberField label={guardText.position} help={t.positionHelp} min={0} max={10_000} {...form.field('position')} />
      <Preview values={values} />
    </>
  )
}

const ScopeField = ({ form }: { form: Form<GuardrailValues & Record<string, unknown>> }) => {
  const { scopeType } = form.values
  if (scopeType === 'account') return null
  return scopeType === 'model' ? <ModelField form={form} /> : <UnitField form={form} type={scopeType} />
}

const ModelField = ({ form }: { form: Form<GuardrailValues & Record<string, unknown>> }) => {
  const { can } = useScope()
  const { data } = useLoad(['model-chain'], (api, signal) => api.models.chain({}, { signal }), {
    enabled: can('model.read'),
  })
  const names = data?.items.filter(({ effective }) => effective).map(({ model }) => model.name) ?? []
  return (
    <SuggestField
      label={t.model}
      help={t.modelHelp}
      required
      mono
      suggestions={names}
      {...form.field('model', '/scope/model')}
    />
  )
}

const UnitField = ({
  form,
  type,
}: {
  form: Form<GuardrailValues & Record<string, unknown>>
  type: 'org' | 'team' | 'key'
}) => {
  const { data } = useLoad(['guardrails', 'units', type], async (api, signal) => {
    const query = { limit: 100 }
    if (type === 'org') return (await api.orgs.list({}, { signal })).items
    return type === 'team'
      ? (await api.teams.list({ query }, { signal })).items
      : (await api.keys.list({ query }, { signal })).items
  })
  return (
    <Select
      label={t.unit(type)}
      required
      searchable
      options={(data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      {...form.field('scopeId', '/scope/id')}
    />
  )
}
