/** A guardrail as its form holds it: every check with the fields of all kinds, so that changing the kind loses nothing. */
import type {
  DetectedLanguage,
  GuardrailAction,
  GuardrailCheck,
  GuardrailCheckKind,
  GuardrailDirection,
  GuardrailScope,
  PiiKind,
} from '@cockpit/contract/guardrail-checks'
import type { Guardrail, GuardrailPatch } from '@cockpit/contract/guardrails'
import { messages } from '../../app/i18n.ts'

const t = messages('guardrailValues', {
  required: 'is required',
  scope: 'choose what it holds for',
  noJson: 'is not JSON',
  pattern: 'write each as “name: pattern”',
  checks: (place: number, why: string) => `Check ${place}: ${why}`,
  where: 'choose where it looks',
  kinds: 'choose what to look for',
  words: 'write at least one, each on a line',
  service: 'choose which service is asked',
})

export type CheckValues = {
  kind: GuardrailCheckKind
  action: GuardrailAction
  on: GuardrailDirection[]
  kinds: PiiKind[]
  entropy: boolean
  /** Words, keywords or patterns, one a line. */
  lines: string
  topic: string
  atLeast: number | null
  ignoreCase: boolean
  schema: string
  charsMax: number | null
  allowed: DetectedLanguage[]
  serviceId: string | null
  threshold: number | null
}

export type GuardrailValues = {
  name: string
  description: string
  scopeType: GuardrailScope['type']
  scopeId: string | null
  model: string
  position: number | null
  onFailure: Guardrail['onFailure']
  checks: CheckValues[]
}

export const emptyCheck: CheckValues = {
  kind: 'pii',
  action: 'mask',
  on: ['input'],
  kinds: ['email', 'phone', 'iban', 'credit_card'],
  entropy: false,
  lines: '',
  topic: '',
  atLeast: 2,
  ignoreCase: true,
  schema: '{\n  "type": "object"\n}',
  charsMax: 10_000,
  allowed: ['en'],
  serviceId: null,
  threshold: 0.5,
}

export const emptyGuardrail: GuardrailValues = {
  name: '',
  description: '',
  scopeType: 'account',
  scopeId: null,
  model: '',
  position: 100,
  onFailure: 'closed',
  checks: [emptyCheck],
}

export const guardrailValuesOf = (guardrail: Guardrail): GuardrailValues => ({
  name: guardrail.name,
  description: guardrail.description ?? '',
  scopeType: guardrail.scope.type,
  scopeId: 'id' in guardrail.scope ? guardrail.scope.id : null,
  model: guardrail.scope.type === 'model' ? guardrail.scope.model : '',
  position: guardrail.position,
  onFailure: guardrail.onFailure,
  checks: guardrail.checks.map(checkValuesOf),
})

const checkValuesOf = (check: GuardrailCheck): CheckValues => ({
  ...emptyCheck,
  ...check,
  on: [...check.on],
  lines:
    check.kind === 'words'
      ? check.words.join('\n')
      : check.kind === 'topic'
        ? check.keywords.join('\n')
        : check.kind === 'patterns'
          ? check.patterns.map(({ name, pattern }) => `${name}: ${pattern}`).join('\n')
          : check.kind === 'external'
            ? check.categories.join('\n')
            : '',
  schema: check.kind === 'json_schema' ? JSON.stringify(check.schema, null, 2) : emptyCheck.schema,
})

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

const patternOf = (line: string) => {
  const colon = line.indexOf(':')
  return { name: line.slice(0, Math.max(0, colon)).trim(), pattern: line.slice(colon + 1).trim() }
}

export const maskless = (kind: GuardrailCheckKind): boolean =>
  kind === 'topic' || kind === 'json_schema' || kind === 'length' || kind === 'language'

const checkInput = (values: CheckValues): GuardrailCheck => {
  const { kind, on } = values
  const every = { action: values.action, on }
  const action = values.action === 'mask' ? 'flag' : values.action
  switch (kind) {
    case 'pii':
      return { kind, kinds: values.kinds, ...every }
    case 'secrets':
      return { kind, entropy: values.entropy, ...every }
    case 'injection':
      return { kind, ...every }
    case 'words':
      return { kind, words: linesOf(values.lines), ...every }
    case 'patterns':
      return { kind, patterns: linesOf(values.lines).map(patternOf), ignoreCase: values.ignoreCase, ...every }
    case 'topic':
      return {
        kind,
        topic: values.topic.trim(),
        keywords: linesOf(values.lines),
        atLeast: values.atLeast ?? 1,
        on,
        action,
      }
    case 'json_schema':
      return { kind, schema: JSON.parse(values.schema), on: ['output'], action }
    case 'length':
      return { kind, charsMax: values.charsMax ?? 1, on, action }
    case 'language':
      return { kind, allowed: values.allowed, on, action }
    case 'external':
      return {
        kind,
        serviceId: values.serviceId ?? '',
        categories: linesOf(values.lines),
        threshold: values.threshold ?? 0.5,
        ...every,
      }
  }
}

const scopeInput = ({ scopeType, scopeId, model }: GuardrailValues): GuardrailScope => {
  if (scopeType === 'account') return { type: 'account' }
  return scopeType === 'model' ? { type: 'model', model: model.trim() } : { type: scopeType, id: scopeId ?? '' }
}

/** Only of values that lack nothing. */
export const guardrailInput = (values: GuardrailValues) =>
  ({
    name: values.name.trim(),
    description: values.description.trim() || null,
    scope: scopeInput(values),
    position: values.position ?? 100,
    onFailure: values.onFailure,
    checks: values.checks.map(checkInput),
  }) satisfies GuardrailPatch

export const missingGuardrail = (values: GuardrailValues) => {
  const wrong = values.checks.flatMap((check, at) => {
    const why = missingInCheck(check)
    return why ? [t.checks(at + 1, why)] : []
  })
  return {
    ...(values.name.trim() ? {} : { name: t.required }),
    ...(values.scopeType === 'model' && !values.model.trim() ? { model: t.required } : {}),
    ...(['org', 'team', 'key'].includes(values.scopeType) && !values.scopeId ? { scopeId: t.scope } : {}),
    ...(wrong[0] ? { checks: wrong[0] } : {}),
  }
}

const missingInCheck = (check: CheckValues): string | null => {
  if (check.kind !== 'json_schema' && check.on.length === 0) return t.where
  if (check.kind === 'pii' && check.kinds.length === 0) return t.kinds
  if (['words', 'topic', 'patterns'].includes(check.kind) && linesOf(check.lines).length === 0) return t.words
  if (check.kind === 'topic' && !check.topic.trim()) return t.required
  if (check.kind === 'external' && !check.serviceId) return t.service
  if (check.kind === 'language' && check.allowed.length === 0) return t.kinds
  if (
    check.kind === 'patterns' &&
    linesOf(check.lines).some((line) => !patternOf(line).name || !patternOf(line).pattern)
  )
    return t.pattern
  return check.kind === 'json_schema' && !isObject(check.schema) ? t.noJson : null
}

const isObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
