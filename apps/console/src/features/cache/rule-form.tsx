import type { CacheRule, CacheScopeType, CacheSettings } from '@cockpit/contract/cache'
import { Columns, type Form, FormModal, NumberField, Select, useForm } from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { useModelChain } from '../keys/effective-models.ts'
import { lifetimeOf, secondsOf, type Unit, units, unitText } from './lifetime.ts'
import {
  type Answers,
  answersHelp,
  answersText,
  modeHelp,
  modeText,
  nameOf,
  onlyText,
  percentOf,
  scopeChoice,
  shareText,
  t,
} from './strings.ts'

type Values = {
  scopeType: CacheScopeType
  scopeId: string | null
  mode: CacheSettings['mode']
  amount: number | null
  unit: Unit
  share: CacheSettings['share']
  only: CacheSettings['only']
  kib: number | null
  answers: Answers
  similarModel: string | null
  alikePercent: number | null
}
type RuleForm = Form<Values>

const fresh: Values = {
  ...{ scopeType: 'account', scopeId: null, mode: 'exact', amount: 1, unit: 'hours' },
  ...{ share: 'key', only: 'deterministic', kib: 256 },
  ...{ answers: 'same', similarModel: null, alikePercent: 95 },
}
const valuesOf = ({ scope, settings }: CacheRule): Values => {
  const { mode, share, only, ttlSeconds, answerBytesMax, similar } = settings
  const kib = answerBytesMax / 1_024
  const { modelId, threshold } = similar ?? { modelId: null, threshold: 0.95 }
  return {
    ...{ scopeType: scope.type, scopeId: scope.id, mode, share, only, kib, ...lifetimeOf(ttlSeconds) },
    ...{ answers: similar ? 'similar' : 'same', similarModel: modelId, alikePercent: percentOf(threshold) },
  }
}
const settingsOf = (values: Values): CacheSettings => {
  const { mode, share, only, amount, unit, kib, answers, similarModel, alikePercent } = values
  return {
    ...{ mode, share, only },
    ttlSeconds: secondsOf(amount ?? 0, unit),
    answerBytesMax: Math.round((kib ?? 0) * 1_024),
    similar:
      answers === 'similar' && similarModel ? { modelId: similarModel, threshold: (alikePercent ?? 0) / 100 } : null,
  }
}
const check = ({ scopeType, scopeId, amount, kib, answers, similarModel, alikePercent }: Values) => ({
  similarModel: answers === 'same' || similarModel ? undefined : t.required,
  alikePercent: answers === 'same' || alikePercent !== null ? undefined : t.required,
  scopeId: scopeType === 'account' || scopeId ? undefined : t.required,
  amount: amount === null ? t.required : undefined,
  kib: kib === null ? t.required : undefined,
})

/** A new rule. What a rule is about stays as it is; another one is another rule. */
export const NewRule = ({ onClose }: { onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm<Values>({
    initial: fresh,
    check,
    submit: async (values) => {
      const { scopeType: type, scopeId } = values
      const scope = { type, ...(type !== 'account' && scopeId && { id: scopeId }) }
      await api.cache.create({ body: { scope, settings: settingsOf(values) } })
      await refresh('cache')
      onClose()
    },
  })
  const { scopeType } = form.values
  return (
    <FormModal form={form} opened onClose={onClose} title={t.add} submitLabel={t.add}>
      <Select
        label={t.scope}
        help={t.scopeHelp}
        required
        options={optionsOf(scopeChoice)}
        {...form.field('scopeType', '/scope/type')}
        onChange={(next) => next && form.set({ scopeType: next, scopeId: null })}
      />
      {scopeType === 'model' && <ModelField form={form} />}
      {scopeType === 'key' && <KeyField form={form} />}
      <SettingsFields form={form} />
    </FormModal>
  )
}

/** Sends what was changed and no more, so that somebody else's change of another field stays. */
export const EditRule = ({ rule, onClose }: { rule: CacheRule; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [initial] = useState(() => valuesOf(rule))
  const form = useForm<Values>({
    initial,
    check,
    submit: async (values) => {
      const before = settingsOf(initial)
      const isChanged = ([name, value]: [string, unknown]) =>
        JSON.stringify(before[name as keyof CacheSettings]) !== JSON.stringify(value)
      const settings = Object.fromEntries(Object.entries(settingsOf(values)).filter(isChanged))
      await api.cache.update({ params: { id: rule.id }, body: { settings } })
      await refresh('cache')
      onClose()
    },
  })
  return (
    <FormModal form={form} opened onClose={onClose} title={nameOf(rule)} submitLabel={t.save}>
      <SettingsFields form={form} />
    </FormModal>
  )
}

const SettingsFields = ({ form }: { form: RuleForm }) => {
  const { mode } = form.values
  return (
    <>
      <Select
        label={t.mode}
        help={modeHelp[mode]}
        required
        options={optionsOf(modeText)}
        {...form.field('mode', '/settings/mode')}
        onChange={(next) => next && form.set({ mode: next })}
      />
      {mode !== 'off' && <KeepingFields form={form} />}
    </>
  )
}

const KeepingFields = ({ form }: { form: RuleForm }) => (
  <>
    <Columns minWidth={140} gap={12}>
      <NumberField
        label={t.lifetime}
        help={t.lifetimeHelp}
        required
        min={1}
        {...form.field('amount', '/settings/ttlSeconds')}
      />
      <Select
        label={t.unit}
        required
        options={units.map((value) => ({ value, label: unitText[value] }))}
        {...form.field('unit')}
        onChange={(next) => next && form.set({ unit: next })}
      />
    </Columns>
    <Select
      label={t.share}
      help={t.shareHelp}
      required
      options={optionsOf(shareText)}
      {...form.field('share', '/settings/share')}
      onChange={(next) => next && form.set({ share: next })}
    />
    <Select
      label={t.only}
      help={t.onlyHelp}
      required
      options={optionsOf(onlyText)}
      {...form.field('only', '/settings/only')}
      onChange={(next) => next && form.set({ only: next })}
    />
    <NumberField
      label={t.largest}
      help={t.largestHelp}
      required
      unit="KiB"
      min={1}
      max={8_192}
      decimals={2}
      {...form.field('kib', '/settings/answerBytesMax')}
    />
    <Select
      label={t.answers}
      help={answersHelp[form.values.answers]}
      required
      options={optionsOf(answersText)}
      {...form.field('answers')}
      onChange={(next) => next && form.set({ answers: next })}
    />
    {form.values.answers === 'similar' && <SimilarFields form={form} />}
  </>
)

const SimilarFields = ({ form }: { form: RuleForm }) => {
  const models = useUsableModels().filter(({ capabilities }) => capabilities.includes('embeddings'))
  return (
    <Columns minWidth={140} gap={12}>
      <Select
        label={t.similarModel}
        help={t.similarModelHelp}
        required
        searchable
        options={models.map(({ id, name }) => ({ value: id, label: name }))}
        {...form.field('similarModel', '/settings/similar/modelId')}
      />
      <NumberField
        label={t.alike}
        help={t.alikeHelp}
        required
        unit="%"
        min={50}
        max={100}
        decimals={1}
        {...form.field('alikePercent', '/settings/similar/threshold')}
      />
    </Columns>
  )
}

const useUsableModels = () => {
  const { can } = useScope()
  const { data } = useModelChain(can('model.read'))
  return (data?.items ?? []).flatMap(({ effective, model }) => (effective ? [model] : []))
}

const ModelField = ({ form }: { form: RuleForm }) => {
  const usable = useUsableModels()
  return (
    <Select
      label={t.whichModel}
      required
      searchable
      options={usable.map(({ id, name }) => ({ value: id, label: name }))}
      {...form.field('scopeId', '/scope/id')}
    />
  )
}

const KeyField = ({ form }: { form: RuleForm }) => {
  const { can } = useScope()
  const { data } = useLoad(['keys', 'first'], (api, signal) => api.keys.list({ query: { limit: 100 } }, { signal }), {
    enabled: can('key.write_own'),
  })
  return (
    <Select
      label={t.whichKey}
      required
      searchable
      options={(data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      {...form.field('scopeId', '/scope/id')}
    />
  )
}

const optionsOf = <K extends string>(texts: Record<K, string>) =>
  (Object.keys(texts) as K[]).map((value) => ({ value, label: texts[value] }))
