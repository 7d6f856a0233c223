import type { NewProviderConnection, ProviderKind } from '@cockpit/contract/providers'
import { Alert, Button, FormPage, IconPlugConnected, PasswordField, Row, Select, TextField, useForm } from '@cockpit/ui'
import { useRef } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useFormEnds } from '../../app/form-page.tsx'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { type BehaviourValues, behaviourInput, defaultBehaviour } from './behaviour.ts'
import { BehaviourFields } from './behaviour-fields.tsx'
import { kindDetails, kindOptions, presetOf } from './presets.ts'
import { providerText } from './strings.ts'
import { TestOutcome, useTestRun } from './test-run.tsx'
import { hostOf, optionsOf, testMostMs } from './values.tsx'

const t = messages('newProvider', {
  title: 'Connect a provider',
  about: 'Test before you save. The key is stored encrypted and never shown again.',
  provider: 'Provider',
  nameHelp: 'How this connection is called in the console, e.g. “OpenAI, EU project”.',
  urlHelp: 'Without the path of a request. Most servers want it to end in /v1.',
  azureHelp: 'The endpoint of the resource, e.g. https://my-resource.openai.azure.com.',
  key: 'API key',
  keyHelp: 'Sent to this address only.',
  keyOptional: 'Sent to this address only. Leave it empty when the server wants none.',
  test: 'Test these settings',
  demoHost: 'the built-in demo',
  demo: 'Answers are simulated and labelled so; tokens, prices and budgets are real.',
  save: 'Connect',
  required: 'is required',
  saved: 'Provider connected. Add models that run on it.',
})

type Values = BehaviourValues & { name: string; baseUrl: string; secret: string; apiVersion: string }

export const NewProviderPage = () => {
  const { search, setSearch } = useSearchState()
  const { api, href } = useScope()
  const refresh = useRefresh()
  const test = useTestRun()
  const madeId = useRef<string | null>(null)
  const ends = useFormEnds({
    back: { href: href('providers'), label: providerText.back },
    saved: t.saved,
    on: () => href(`providers/${madeId.current}`),
  })
  const preset = presetOf(search.kind)
  const needsUrl = preset.place !== 'built_in' && preset.baseUrl === null
  const form = useForm<Values & Record<string, unknown>>({
    initial: { ...defaultBehaviour, name: preset.label, baseUrl: preset.address, secret: '', apiVersion: '' },
    check: (values) => ({
      ...(values.name.trim() ? {} : { name: t.required }),
      ...(needsUrl && !values.baseUrl.trim() ? { baseUrl: t.required } : {}),
      ...(preset.key === 'required' && !values.secret.trim() ? { secret: t.required } : {}),
    }),
    submit: async (values) => {
      madeId.current = (await api.providers.create({ body: inputOf(preset.kind, values) })).id
      await refresh('providers')
    },
  })
  const choose = (kind: ProviderKind | null) => {
    const next = presetOf(kind ?? preset.kind)
    // a name somebody typed stays
    form.set({
      baseUrl: next.address,
      apiVersion: '',
      ...(form.values.name === preset.label ? { name: next.label } : {}),
    })
    test.forget()
    setSearch({ kind: next.kind })
  }
  return (
    <FormPage title={t.title} description={t.about} form={form} submitLabel={t.save} {...ends}>
      <Select
        label={t.provider}
        help={kindDetails[preset.kind]}
        required
        value={preset.kind}
        onChange={choose}
        options={kindOptions}
      />
      <TextField label={providerText.name} help={t.nameHelp} required {...form.field('name')} />
      {preset.kind === 'demo' ? (
        <Alert>{t.demo}</Alert>
      ) : (
        <>
          <TextField
            label={providerText.baseUrl}
            help={preset.kind === 'azure' ? t.azureHelp : t.urlHelp}
            type="url"
            mono
            required={needsUrl}
            {...(preset.example ? { placeholder: preset.example } : {})}
            {...form.field('baseUrl')}
          />
          {preset.kind === 'azure' && (
            <TextField
              label={providerText.apiVersion}
              help={providerText.apiVersionHelp}
              mono
              {...form.field('apiVersion', '/options/apiVersion')}
            />
          )}
          <PasswordField
            label={t.key}
            help={preset.key === 'required' ? t.keyHelp : t.keyOptional}
            autoComplete="off"
            required={preset.key === 'required'}
            {...form.field('secret')}
          />
        </>
      )}
      <Row>
        <Button
          icon={<IconPlugConnected size={14} aria-hidden />}
          loading={test.run.state === 'running'}
          onClick={() =>
            void test.start((signal) => api.providers.probe({ body: inputOf(preset.kind, form.values) }, { signal }))
          }
        >
          {t.test}
        </Button>
      </Row>
      <TestOutcome
        run={test.run}
        host={preset.kind === 'demo' ? t.demoHost : hostOf(form.values.baseUrl)}
        mostMs={testMostMs}
        onCancel={test.cancel}
      />
      {preset.kind !== 'demo' && <BehaviourFields form={form} />}
    </FormPage>
  )
}

const inputOf = (kind: NewProviderConnection['kind'], values: Values): NewProviderConnection => ({
  kind,
  name: values.name.trim(),
  options: optionsOf(kind, values.apiVersion),
  ...behaviourInput(values),
  ...(kind !== 'demo' && values.baseUrl.trim() ? { baseUrl: values.baseUrl.trim() } : {}),
  ...(kind !== 'demo' && values.secret.trim() ? { secret: values.secret.trim() } : {}),
})
