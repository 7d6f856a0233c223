import type { CallLimit } from '@cockpit/contract/limits'
import {
  AmountField,
  Columns,
  type Form,
  FormModal,
  Heading,
  NumberField,
  Select,
  Text,
  TextField,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { ScopePicker } from '../budgets/scope-picker.tsx'
import { scopesFor } from './scopes.ts'
import { nameOf, scopeText, t } from './strings.ts'
import {
  type CapField,
  capFields,
  changedLimits,
  checkLimit,
  counted,
  freshLimit,
  type LimitValues,
  limitsOf,
  plainFields,
  scopeOf,
  valuesOf,
} from './values.ts'

type LimitForm = Form<LimitValues>

/** A new limit. What it is about stays as it is; another one is another limit. */
export const NewLimit = ({ onClose }: { onClose: () => void }) => {
  const { api, accountId } = useScope()
  const refresh = useRefresh()
  const scopes = scopesFor(accountId)
  const form = useForm<LimitValues>({
    initial: freshLimit(scopes[0] ?? 'account'),
    check: checkLimit,
    submit: async (values) => {
      const given = Object.entries(limitsOf(values)).filter(([, value]) => value !== null)
      await api.limits.create({ body: { scope: scopeOf(values), limits: Object.fromEntries(given) } })
      await refresh('limits')
      onClose()
    },
  })
  return (
    <FormModal form={form} opened onClose={onClose} title={t.add} submitLabel={t.add}>
      <Select
        label={t.scopeType}
        help={t.scopeHelp}
        required
        options={scopes.map((value) => ({ value, label: scopeText[value] }))}
        {...form.field('scopeType', '/scope/type')}
        onChange={(next) => next && form.set({ scopeType: next, scopeId: null })}
      />
      <ScopeField form={form} />
      <LimitFields form={form} />
    </FormModal>
  )
}

/** Sends what was changed and no more, so that somebody else's change of another number stays. */
export const EditLimit = ({ limit, onClose }: { limit: CallLimit; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [initial] = useState(() => valuesOf(limit.scope, limit.limits))
  const form = useForm<LimitValues>({
    initial,
    check: checkLimit,
    submit: async (values) => {
      await api.limits.update({ params: { id: limit.id }, body: { limits: changedLimits(initial, values) } })
      await refresh('limits')
      onClose()
    },
  })
  return (
    <FormModal form={form} opened onClose={onClose} title={nameOf(limit)} submitLabel={t.save}>
      <LimitFields form={form} />
    </FormModal>
  )
}

const ScopeField = ({ form }: { form: LimitForm }) => {
  const { scopeType, scopeId } = form.values
  if (scopeType === 'account' || scopeType === 'platform') return null
  if (scopeType === 'tag')
    return <TextField label={t.tag} help={t.tagHelp} required {...form.field('tag', '/scope/id')} />
  if (scopeType === 'model') return <ModelField form={form} />
  const { error } = form.field('scopeId', '/scope/id')
  return (
    <ScopePicker
      key={scopeType}
      type={scopeType}
      value={scopeId}
      onChange={(next) => form.set({ scopeId: next })}
      error={error}
    />
  )
}

const ModelField = ({ form }: { form: LimitForm }) => {
  const { data } = useLoad(['models', 'first'], (api, signal) => api.models.list({ query: { limit: 100 } }, { signal }))
  return (
    <Select
      label={t.model}
      required
      searchable
      options={(data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      {...form.field('scopeId', '/scope/id')}
    />
  )
}

const LimitFields = ({ form }: { form: LimitForm }) => (
  <>
    <Columns minWidth={200} gap={12}>
      {plainFields.map((field) => (
        <NumberField key={field} label={t[field]} min={1} {...form.field(field, `/limits/${field}`)} />
      ))}
    </Columns>
    {/* runs, sessions and agents go from model to model */}
    {form.values.scopeType !== 'model' && capFields.map((field) => <CapFields key={field} form={form} field={field} />)}
  </>
)

const CapFields = ({ form, field }: { form: LimitForm; field: CapField }) => (
  <>
    <Heading level={3}>{t[field]}</Heading>
    {field === 'perRun' && (
      <Text size="xs" muted>
        {t.capHelp}
      </Text>
    )}
    <Columns minWidth={140} gap={12}>
      <AmountField label={t.credits} unit="cr" {...form.field(`${field}.credits`, `/limits/${field}/credits`)} />
      {counted
        .filter((measure) => field !== 'perAgent' || measure !== 'seconds')
        .map((measure) => (
          <NumberField
            key={measure}
            label={t[measure]}
            min={1}
            {...form.field(`${field}.${measure}`, `/limits/${field}/${measure}`)}
          />
        ))}
    </Columns>
  </>
)
