import type {
  DetectedLanguage,
  GuardrailAction,
  GuardrailCheckKind,
  GuardrailDirection,
  GuardrailVerdict,
  PiiKind,
} from '@cockpit/contract/guardrail-checks'
import { messages } from '../../app/i18n.ts'

export const guardText = messages('guardrails', {
  title: 'Guardrails',
  about: 'What looks at requests before a provider sees them and at answers before the caller does.',
  add: 'Add guardrail',
  noun: 'guardrails',
  search: 'Search name',
  none: 'No guardrail yet',
  noneText:
    'A guardrail masks, blocks or reports personal data, secrets, words and more in the texts of requests. Without one, texts pass as they are and cost no time.',
  list: 'Guardrails',
  bench: 'Test bench',
  findings: 'Findings',
  services: 'Services',
  back: 'Guardrails',
  name: 'Name',
  status: 'Status',
  scope: 'Holds for',
  does: 'What it does',
  position: 'Position',
  onFailure: 'What cannot be checked',
  open: 'Passes',
  closed: 'Is refused',
  created: 'Created',
  changed: 'Changed',
  acts: 'Acts',
  edit: 'Edit',
  disable: 'Disable',
  enable: 'Enable',
  remove: 'Delete',
  check: 'Check',
  action: 'What follows',
  direction: 'Where',
  found: 'Found',
  when: 'When',
  request: 'Request',
  guardrail: 'Guardrail',
  everybody: 'Everybody',
  tryIt: 'Try it',
})

export const checkLabels: Readonly<Record<GuardrailCheckKind, string>> = messages('guardrailChecks', {
  pii: 'Personal data',
  secrets: 'Secrets',
  injection: 'Prompt injection',
  words: 'Words and phrases',
  topic: 'Topic',
  patterns: 'Patterns',
  json_schema: 'JSON schema of the answer',
  length: 'Length',
  language: 'Language',
  external: 'What a service finds',
})

export const actionLabels: Readonly<Record<GuardrailVerdict['action'], string>> = messages('guardrailActions', {
  block: 'Block',
  mask: 'Mask',
  flag: 'Flag',
  log: 'Log',
  refused: 'Refused unchecked',
  let_pass: 'Let pass unchecked',
})

export const actionTone = (action: GuardrailVerdict['action']): 'red' | 'amber' | 'blue' | 'neutral' => {
  if (action === 'block' || action === 'refused') return 'red'
  if (action === 'mask') return 'amber'
  return action === 'flag' ? 'blue' : 'neutral'
}

export const directionLabels: Readonly<Record<GuardrailDirection, string>> = messages('guardrailDirections', {
  input: 'Request',
  tool_results: 'Tool results',
  output: 'Answer',
  tool_calls: 'Tool calls',
})

export const piiLabels: Readonly<Record<PiiKind, string>> = messages('guardrailPii', {
  email: 'E-mail address',
  phone: 'Phone number',
  iban: 'IBAN',
  credit_card: 'Credit card',
  ip_address: 'IP address',
  us_ssn: 'Social security number (US)',
  uk_nino: 'National insurance number (UK)',
  de_tax_id: 'Tax id (Germany)',
  fr_nir: 'NIR (France)',
  es_dni: 'DNI and NIE (Spain)',
  it_fiscal_code: 'Codice fiscale (Italy)',
  nl_bsn: 'BSN (Netherlands)',
  pl_pesel: 'PESEL (Poland)',
  ch_ahv: 'AHV number (Switzerland)',
})

export const languageLabels: Readonly<Record<DetectedLanguage, string>> = messages('guardrailLanguages', {
  en: 'English',
  de: 'German',
  fr: 'French',
  es: 'Spanish',
  it: 'Italian',
  pt: 'Portuguese',
  nl: 'Dutch',
  pl: 'Polish',
  ru: 'Russian',
  uk: 'Ukrainian',
  el: 'Greek',
  ar: 'Arabic',
  he: 'Hebrew',
  hi: 'Hindi',
  th: 'Thai',
  zh: 'Chinese',
  ja: 'Japanese',
  ko: 'Korean',
})

export const optionsOf = <K extends string>(labels: Readonly<Record<K, string>>, only?: readonly K[]) =>
  (Object.keys(labels) as K[])
    .filter((value) => !only || only.includes(value))
    .map((value) => ({ value, label: labels[value] }))

export const chosenActions: readonly GuardrailAction[] = ['block', 'mask', 'flag', 'log']

/** "2 × email, iban". */
export const foundInWords = (found: Readonly<Record<string, number>>): string =>
  Object.entries(found)
    .map(([kind, times]) => `${times > 1 ? `${times} × ` : ''}${kind.replaceAll('_', ' ')}`)
    .join(', ')
