import type { NewProviderConnection, ProviderKind } from '@cockpit/contract/providers'
import {
  Alert,
  Button,
  Choices,
  FormBody,
  IconCloud,
  IconPlugConnected,
  IconServer,
  IconSparkles,
  PasswordField,
  Row,
  TextField,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { type Probe, ProbeResult } from './probe-result.tsx'
import type { StepProps } from './step.ts'

const t = messages('setupProvider', {
  kind: 'Provider',
  demo: 'Demo model',
  demoDetail: 'Built in. Needs no key and no network; answers are simulated.',
  openaiDetail: 'api.openai.com with your API key.',
  anthropicDetail: 'api.anthropic.com with your API key.',
  compatible: 'OpenAI-compatible',
  compatibleDetail: 'Ollama, vLLM, llama.cpp, OpenRouter, Groq and others.',
  name: 'Name',
  nameHelp: 'How this connection is called in the console.',
  baseUrl: 'Base URL',
  baseUrlHelp: 'Ends in /v1 with most servers, e.g. http://localhost:11434/v1 for Ollama.',
  secret: 'API key',
  secretHelp: 'Stored encrypted and never shown again.',
  secretOptional: 'Leave it empty if the server wants none.',
  needed: 'is required',
  test: 'Test connection',
  save: 'Connect',
  startDemo: 'Start with the demo model',
  saveAnyway: 'Connect without a working test',
  demoNote: 'Real token counts and real accounting, simulated answers. Add a real provider whenever you like.',
  refused: 'Not connected',
  refusedDetail: 'The test failed; its reason stands above.',
})

const defaultNames = { demo: 'Demo', openai: 'OpenAI', anthropic: 'Anthropic', 'openai-compatible': '' }
const kinds = [
  { value: 'demo', label: t.demo, detail: t.demoDetail, icon: <IconSparkles size={18} aria-hidden /> },
  { value: 'openai', label: 'OpenAI', detail: t.openaiDetail, icon: <IconCloud size={18} aria-hidden /> },
  { value: 'anthropic', label: 'Anthropic', detail: t.anthropicDetail, icon: <IconCloud size={18} aria-hidden /> },
  {
    value: 'openai-compatible',
    label: t.compatible,
    detail: t.compatibleDetail,
    icon: <IconServer size={18} aria-hidden />,
  },
] as const satisfies { value: ProviderKind; label: string; detail: string; icon: unknown }[]

/** The first connection is one of these; every other kind is connected on the page of the providers. */
type FirstKind = (typeof kinds)[number]['value']

type Values = { kind: FirstKind; name: string; baseUrl: string; secret: string }

export const ProviderStep = ({ onDone, onCancel }: StepProps) => {
  const api = apiFor(null)
  const [probe, setProbe] = useState<Probe | null>(null)
  const test = async (values: Values) => {
    setProbe({ of: settingsOf(values), result: null, error: null })
    const result = await api.providers.probe({ body: inputOf(values) }).catch((error: unknown) => {
      setProbe({ of: settingsOf(values), result: null, error })
      throw error
    })
    setProbe({ of: settingsOf(values), result, error: null })
    return result
  }
  const save = async (values: Values) => {
    await api.providers.create({ body: inputOf(values) })
    await onDone()
  }
  const form = useForm<Values>({
    initial: { kind: 'demo', name: defaultNames.demo, baseUrl: '', secret: '' },
    check: missing,
    submit: async (values) => {
      const fresh = probe?.result && probe.of === settingsOf(values) ? probe.result : await test(values)
      // the reason stands in the result of the test, under the fields
      if (!fresh.ok) throw { title: t.refused, detail: t.refusedDetail, code: 'provider.test_failed', status: 0 }
      await save(values)
    },
  })
  const { values, set } = form
  const shown = probe && probe.of === settingsOf(values) ? probe : null
  const choose = (kind: FirstKind) => {
    // a name that was typed stays, except for demo, whose field is not shown
    const typed = kind !== 'demo' && values.name !== '' && values.name !== defaultNames[values.kind]
    set({ kind, ...(typed ? {} : { name: defaultNames[kind] }) })
  }
  return (
    <FormBody
      form={form}
      wide
      submitLabel={values.kind === 'demo' ? t.startDemo : t.save}
      {...(onCancel ? { onCancel } : {})}
    >
      <Choices label={t.kind} value={values.kind} onChange={choose} options={kinds} />
      {values.kind === 'demo' ? (
        <Alert>{t.demoNote}</Alert>
      ) : (
        <>
          <TextField label={t.name} help={t.nameHelp} required {...form.field('name')} />
          {values.kind === 'openai-compatible' && (
            <TextField label={t.baseUrl} help={t.baseUrlHelp} type="url" mono required {...form.field('baseUrl')} />
          )}
          <PasswordField
            label={t.secret}
            help={values.kind === 'openai-compatible' ? `${t.secretHelp} ${t.secretOptional}` : t.secretHelp}
            autoComplete="off"
            required={values.kind !== 'openai-compatible'}
            {...form.field('secret')}
          />
          <Row>
            <Button
              icon={<IconPlugConnected size={14} aria-hidden />}
              loading={shown !== null && !shown.result && !shown.error}
              disabled={Object.keys(missing(values)).length > 0}
              onClick={() => void test(values).catch(() => undefined)}
            >
              {t.test}
            </Button>
          </Row>
          {shown && (
            <ProbeResult
              probe={shown}
              action={
                shown.result?.ok === false && (
                  <Button
                    kind="quiet"
                    onClick={() => void save(values).catch((error) => setProbe({ ...shown, error }))}
                  >
                    {t.saveAnyway}
                  </Button>
                )
              }
            />
          )}
        </>
      )}
    </FormBody>
  )
}

const missing = ({ kind, name, baseUrl, secret }: Values) => ({
  ...(name.trim() ? {} : { name: t.needed }),
  ...(kind === 'openai-compatible' && !baseUrl.trim() ? { baseUrl: t.needed } : {}),
  ...((kind === 'openai' || kind === 'anthropic') && !secret.trim() ? { secret: t.needed } : {}),
})

const inputOf = ({
  kind,
  name,
  baseUrl,
  secret,
}: Values): Pick<NewProviderConnection, 'kind' | 'name' | 'baseUrl' | 'secret'> => ({
  kind,
  name: name.trim(),
  ...(kind === 'openai-compatible' ? { baseUrl: baseUrl.trim() } : {}),
  ...(kind !== 'demo' && secret.trim() ? { secret: secret.trim() } : {}),
})

/** A test stands for what was tested: another key needs another test, another name does not. */
const settingsOf = ({ kind, baseUrl, secret }: Values) => JSON.stringify([kind, baseUrl, secret])
