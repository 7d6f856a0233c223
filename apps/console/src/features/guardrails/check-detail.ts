import type { GuardrailCheck } from '@cockpit/contract/guardrail-checks'
import { messages } from '../../app/i18n.ts'
import { languageLabels, piiLabels } from './strings.ts'

const t = messages('guardrailCheckDetail', {
  known: 'Keys and tokens of known forms',
  entropy: 'Keys and tokens of known forms, and long random ones',
  injection: 'Ways to give the model other orders',
  topic: (topic: string, atLeast: number, count: number) => `${topic}: ${atLeast} of ${count} keywords`,
  schema: 'Answers that are not the JSON its schema asks for',
  length: (chars: string) => `More than ${chars} characters`,
  language: (names: string) => `Other languages than ${names}`,
  external: (names: string, threshold: number) => `${names}, from a score of ${threshold} on`,
  everything: 'Everything the service finds',
})

/** What one check looks for, in a line. */
export const checkDetail = (check: GuardrailCheck): string => {
  switch (check.kind) {
    case 'pii':
      return check.kinds.map((kind) => piiLabels[kind]).join(', ')
    case 'secrets':
      return check.entropy ? t.entropy : t.known
    case 'injection':
      return t.injection
    case 'words':
      return check.words.join(', ')
    case 'topic':
      return t.topic(check.topic, check.atLeast, check.keywords.length)
    case 'patterns':
      return check.patterns.map(({ name }) => name).join(', ')
    case 'json_schema':
      return t.schema
    case 'length':
      return t.length(check.charsMax.toLocaleString('en'))
    case 'language':
      return t.language(check.allowed.map((language) => languageLabels[language]).join(', '))
    case 'external':
      return t.external(check.categories.join(', ') || t.everything, check.threshold)
  }
}
