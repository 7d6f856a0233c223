import type { NewProviderConnection } from '@cockpit/contract/providers'
import {
  Alert,
  Button,
  Choices,
  FormPage,
  IconPlugConnected,
  PasswordField,
  Row,
  TextField,
  toast,
  useForm,
  useNavigation,
} from '@cockpit/ui'
import { useRef } from 'react'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { type BehaviourValues, behaviourInput, defaultBehaviour } from './behaviour.ts'
import { BehaviourFields } from './behaviour-fields.tsx'
import { type PresetId, presetOf, presets } from './presets.ts'
import { providerText } from './strings.ts'
import { TestOutcome, useTestRun } from './test-run.tsx'
import { hostOf, testMostMs } from './values.tsx'

const t = messages('newProvider', {
  title: 'Connect a provider',
  about: 'Test before you save. The key is stored encrypted and never shown again.',
  provider: 'Provider',
  nameHelp: 'How this connection is called in the console, e.g. “OpenAI, EU project”.',
  urlHelp: 'Without the path of a call. Most servers want it to end in /v1.',
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

type Values = BehaviourValues & { name: string; baseUrl: string; secret: string }

export const NewProviderPage = () => {
  const { search, setSearch } = useSearchState()
  const { api, href } = useScope()
  const { navigate } = useNavigation()
  const refresh = useRefresh()
  const test = useTestRun()
  const madeId = useRef<string | null>(null)
  const preset = presetOf(search.preset)
  const form = useForm<Values & Record<string, unknown>>({
    initial: { ...defaultBehaviour, name: preset.label, baseUrl: preset.baseUrl, secret: '' },
    check: (values) => ({
      ...(values.name.trim() ? {} : { name: t.required }),
      ...(preset.kind === 'openai-compatible' && !values.baseUrl.trim() ? { baseUrl: t.required } : {}),
      ...(preset.key === 'required' && !values.secret.trim() ? { secret: t.required } : {}),
    }),
    submit: async (values) => {
      madeId.current = (await api.providers.create({ body: inputOf(preset.kind, values) })).id
      await refresh('providers')
    },
  })
  const choose = (id: PresetId) => {
    const next = presetOf(id)
    // a name somebody typed stays
    form.set({ baseUrl: next.baseUrl, ...(form.values.name === preset.label ? { name: next.label } : {}) })
    test.forget()
    setSearch({ preset: id })
  }
  const back = { href: href('providers'), label: providerText.back }
  return (
    <FormPage
      title={t.title}
      description={t.about}
      back={back}
      form={form}
      submitLabel={t.save}
      onCancel={() => navigate(back.href)}
      onSaved={() => {
        toast.success(t.saved)
        // the guard of unsaved changes lets go with the next render
        setTimeout(() => navigate(href(`providers/${madeId.current}`)))
      }}
    >
      <Choices
        label={t.provider}
        value={preset.id}
        onChange={choose}
        options={presets.map(({ id, label, detail }) => ({ value: id, label, detail }))}
      />
      <TextField label={providerText.name} help={t.nameHelp} required {...form.field('name')} />
      {preset.kind === 'demo' ? (
        <Alert>{t.demo}</Alert>
      ) : (
        <>
          <TextField
            label={providerText.baseUrl}
            help={t.urlHelp}
            type="url"
            mono
            required={preset.kind === 'openai-compatible'}
            {...form.field('baseUrl')}
          />
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
  ...behaviourInput(values),
  ...(kind !== 'demo' && values.baseUrl.trim() ? { baseUrl: values.baseUrl.trim() } : {}),
  ...(kind !== 'demo' && values.secret.trim() ? { secret: values.secret.trim() } : {}),
})
