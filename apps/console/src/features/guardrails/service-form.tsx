import type { GuardrailService, GuardrailServiceKind } from '@cockpit/contract/guardrail-services'
import { type Form, FormModal, NumberField, PasswordField, Select, TextField, useForm } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { serviceKindText, serviceUrlHelp, serviceText as t } from './service-strings.ts'
import { optionsOf } from './strings.ts'

type Values = {
  name: string
  kind: GuardrailServiceKind
  url: string
  connectionId: string | null
  language: string
  timeoutMs: number | null
  secret: string
} & Record<string, unknown>

const fresh: Values = {
  ...{ name: '', kind: 'presidio', url: '', connectionId: null, language: 'en', timeoutMs: 2_000, secret: '' },
}

const missingIn = ({ name, kind, url, connectionId, timeoutMs }: Values): Record<string, string> => ({
  ...(name.trim() ? {} : { name: t.required }),
  ...(kind !== 'openai_moderation' && !url.trim() ? { url: t.required } : {}),
  ...(kind === 'openai_moderation' && connectionId === null ? { connectionId: t.required } : {}),
  ...(timeoutMs === null ? { timeoutMs: t.required } : {}),
})

const settingsOf = ({ name, kind, url, connectionId, language, timeoutMs, secret }: Values) => ({
  name: name.trim(),
  ...(kind === 'openai_moderation'
    ? { connectionId: connectionId ?? '' }
    : { url: url.trim(), ...(secret && { secret }) }),
  language: language.trim(),
  timeoutMs: timeoutMs ?? 2_000,
})

export const NewService = ({ onClose }: { onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm<Values>({
    initial: fresh,
    check: missingIn,
    submit: async (values) => {
      await api.guardrailServices.create({ body: { kind: values.kind, ...settingsOf(values) } })
      await refresh('guardrail-services')
      onClose()
    },
  })
  return (
    <FormModal form={form} opened onClose={onClose} title={t.add} submitLabel={t.add}>
      <TextField label={t.name} required autoFocus {...form.field('name')} />
      <Select
        label={t.kind}
        required
        value={form.values.kind}
        options={optionsOf(serviceKindText)}
        onChange={(kind) => kind && form.set({ kind })}
      />
      <ServiceFields form={form} secretHelp={t.secretHelp} />
    </FormModal>
  )
}

export const EditService = ({ service, onClose }: { service: GuardrailService; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const { name, kind, url, connectionId, language, timeoutMs } = service
  const form = useForm<Values>({
    initial: { name, kind, url: url ?? '', connectionId, language, timeoutMs, secret: '' },
    check: missingIn,
    submit: async (values) => {
      await api.guardrailServices.update({ params: { id: service.id }, body: settingsOf(values) })
      await refresh('guardrail-services')
      onClose()
    },
  })
  return (
    <FormModal form={form} opened onClose={onClose} title={name} submitLabel={t.save}>
      <TextField label={t.name} required autoFocus {...form.field('name')} />
      <ServiceFields form={form} secretHelp={service.hasSecret ? t.secretKept : t.secretHelp} />
    </FormModal>
  )
}

const ServiceFields = ({ form, secretHelp }: { form: Form<Values>; secretHelp: string }) => {
  const { kind } = form.values
  return (
    <>
      {kind === 'openai_moderation' ? (
        <ConnectionField form={form} />
      ) : (
        <>
          <TextField label={t.where} help={serviceUrlHelp[kind]} type="url" mono required {...form.field('url')} />
          <PasswordField label={t.secret} help={secretHelp} autoComplete="new-password" {...form.field('secret')} />
        </>
      )}
      {kind === 'presidio' && (
        <TextField label={t.language} help={t.languageHelp} mono required {...form.field('language')} />
      )}
      <NumberField
        label={t.timeout}
        help={t.timeoutHelp}
        unit="ms"
        min={50}
        max={30_000}
        required
        {...form.field('timeoutMs')}
      />
    </>
  )
}

const ConnectionField = ({ form }: { form: Form<Values> }) => {
  const { data } = useLoad(['guardrail-services', 'connections'], (api, signal) =>
    api.providers.list({ query: { limit: 100 } }, { signal }),
  )
  return (
    <Select
      label={t.connection}
      help={t.connectionHelp}
      required
      searchable
      options={(data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      {...form.field('connectionId')}
    />
  )
}
