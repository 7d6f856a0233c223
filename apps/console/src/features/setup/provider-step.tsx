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
  IconStack2,
  PasswordField,
  Row,
  Select,
  TextField,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { kindDetails, kindLabel, kindOptions, presetOf } from '../providers/presets.ts'
import { type Probe, ProbeResult } from './probe-result.tsx'
import type { StepProps } from './step.ts'

const t = messages('setupProvider', {
  kind: 'Provider',
  demo: 'Demo model',
  demoDetail: 'Built in. Needs no key and no network; answers are simulated.',
  openaiDetail: 'api.openai.com with your API key.',
  anthropicDetail: 'api.anthropic.com with your API key.',
  other: 'Another provider',
  otherDetail: 'Google, Amazon, Azure, Mistral and all others that are known here.',
  otherKind: 'Which provider',
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
  { value: 'other', label: t.other, detail: t.otherDetail, icon: <IconStack2 size={18} aria-hidden /> },
] as const satisfies { value: ProviderKind | 'other'; label: string; detail: string; icon: unknown }[]

/** The usual ones stand beside each other; the others are chosen from a list. */
type Choice = (typeof kinds)[number]['value']
const usual: readonly string[] = kinds.map(({ value }) => value)
const otherOptions = kindOptions.filter(({ value }) => !usual.includes(value))

type Values = { choice: Choice; other: ProviderKind; name: string; baseUrl: string; secret: string }

const kindOf = ({ choice, other }: Pick<Values, 'choice' | 'other'>): ProviderKind =>
  choice === 'other' ? other : choice

const nameOf = (kind: ProviderKind) => (kind === 'openai-compatible' ? '' : kindLabel(kind))

/** What has one well-known address is not asked for it here. */
const asksAddress = (kind: ProviderKind) => kind !== 'demo' && kind !== 'openai' && kind !== 'anthropic'
const needsAddress = (kind: ProviderKind) => asksAddress(kind) && presetOf(kind).baseUrl === null
/** An address that already stands in the field is not said again below it. */
const helpOf = (kind: ProviderKind) => {
  if (kind === 'openai-compatible') return t.baseUrlHelp
  const { address, example } = presetOf(kind)
  return address === '' ? (example ?? '') : ''
}
const needsSecret = (kind: ProviderKind) => kind !== 'demo' && presetOf(kind).key === 'required'

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
    initial: { choice: 'demo', other: 'gemini', name: nameOf('demo'), baseUrl: '', secret: '' },
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
  const kind = kindOf(values)
  const choose = (patch: Partial<Pick<Values, 'choice' | 'other'>>) => {
    const next = kindOf({ ...values, ...patch })
    // a name that was typed stays, except for demo, whose field is not shown
    const typed = next !== 'demo' && values.name !== '' && values.name !== nameOf(kind)
    const address = next === 'openai-compatible' ? '' : presetOf(next).address
    set({ ...patch, baseUrl: asksAddress(next) ? address : '', ...(typed ? {} : { name: nameOf(next) }) })
  }
  return (
    <FormBody form={form} wide submitLabel={kind === 'demo' ? t.startDemo : t.save} {...(onCancel ? { onCancel } : {})}>
      <Choices label={t.kind} value={values.choice} onChange={(choice) => choose({ choice })} options={kinds} />
      {values.choice === 'other' && (
        <Select
          label={t.otherKind}
          help={kindDetails[values.other]}
          required
          value={values.other}
          options={otherOptions}
          onChange={(other) => other && choose({ other })}
        />
      )}
      {kind === 'demo' ? (
        <Alert>{t.demoNote}</Alert>
      ) : (
        <>
          <TextField label={t.name} help={t.nameHelp} required {...form.field('name')} />
          {asksAddress(kind) && (
            <TextField
              label={t.baseUrl}
              help={helpOf(kind)}
              type="url"
              mono
              required={needsAddress(kind)}
              {...form.field('baseUrl')}
            />
          )}
          <PasswordField
            label={t.secret}
            help={needsSecret(kind) ? t.secretHelp : `${t.secretHelp} ${t.secretOptional}`}
            autoComplete="off"
            required={needsSecret(kind)}
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

const missing = (values: Values) => {
  const kind = kindOf(values)
  return {
    ...(values.name.trim() ? {} : { name: t.needed }),
    ...(needsAddress(kind) && !values.baseUrl.trim() ? { baseUrl: t.needed } : {}),
    ...(needsSecret(kind) && !values.secret.trim() ? { secret: t.needed } : {}),
  }
}

const inputOf = (values: Values): Pick<NewProviderConnection, 'kind' | 'name' | 'baseUrl' | 'secret'> => {
  const kind = kindOf(values)
  const [baseUrl, secret] = [values.baseUrl.trim(), values.secret.trim()]
  return {
    kind,
    name: values.name.trim(),
    ...(asksAddress(kind) && baseUrl ? { baseUrl } : {}),
    ...(kind !== 'demo' && secret ? { secret } : {}),
  }
}

/** A test stands for what was tested: another key needs another test, another name does not. */
const settingsOf = (values: Values) => JSON.stringify([kindOf(values), values.baseUrl, values.secret])
