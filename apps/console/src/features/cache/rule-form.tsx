import type { CacheRule, CacheScopeType, CacheSettings } from '@cockpit/contract/cache'
import { Columns, type Form, FormModal, NumberField, Select, useForm } from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { useModelChain } from '../keys/effective-models.ts'
import { lifetimeOf, secondsOf, type Unit, units, unitText } from './lifetime.ts'
import { modeHelp, modeText, nameOf, onlyText, scopeChoice, shareText, t } from './strings.ts'

type Values = {
  scopeType: CacheScopeType
  scopeId: string | null
  mode: CacheSettings['mode']
  amount: number | null
  unit: Unit
  share: CacheSettings['share']
  only: CacheSettings['only']
  kib: number | null
}
type RuleForm = Form<Values>

const fresh: Values = {
  ...{ scopeType: 'account', scopeId: null, mode: 'exact', amount: 1, unit: 'hours' },
  ...{ share: 'key', only: 'deterministic', kib: 256 },
}
const valuesOf = ({ scope, settings }: CacheRule): Values => {
  const { mode, share, only, ttlSeconds, answerBytesMax } = settings
  const kib = answerBytesMax / 1_024
  return { scopeType: scope.type, scopeId: scope.id, mode, share, only, kib, ...lifetimeOf(ttlSeconds) }
}
const settingsOf = ({ mode, share, only, amount, unit, kib }: Values): CacheSettings => ({
  ...{ mode, share, only },
  ttlSeconds: secondsOf(amount ?? 0, unit),
  answerBytesMax: Math.round((kib ?? 0) * 1_024),
})
const check = ({ scopeType, scopeId, amount, kib }: Values) => ({
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
      const settings = Object.fromEntries(
        Object.entries(settingsOf(values)).filter(([name, value]) => before[name as keyof CacheSettings] !== value),
      )
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
  </>
)

const ModelField = ({ form }: { form: RuleForm }) => {
  const { can } = useScope()
  const { data } = useModelChain(can('model.read'))
  const usable = data?.items.filter(({ effective }) => effective) ?? []
  return (
    <Select
      label={t.whichModel}
      required
      searchable
      options={usable.map(({ model }) => ({ value: model.id, label: model.name }))}
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
