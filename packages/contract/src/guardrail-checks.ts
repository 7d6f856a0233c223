/** What a guardrail looks for in a text, and what follows when it is there. Checked by packages/policy, wherever it runs. */
import { z } from 'zod'
import { id } from './kit.ts'

/** Personal data that is known by its form; where the form has a checksum, it must be right. */
export const PiiKind = z.enum([
  'email',
  'phone',
  'iban',
  'credit_card',
  'ip_address',
  'us_ssn',
  'uk_nino',
  'de_tax_id',
  'fr_nir',
  'es_dni',
  'it_fiscal_code',
  'nl_bsn',
  'pl_pesel',
  'ch_ahv',
])
export type PiiKind = z.infer<typeof PiiKind>

/** Where a text comes from: the request, the results of tools in it, the answer, and the calls of tools in the answer. */
export const GuardrailDirection = z.enum(['input', 'tool_results', 'output', 'tool_calls'])
export type GuardrailDirection = z.infer<typeof GuardrailDirection>

/** `flag` lets it pass and says so in the answer's headers; `log` only in the log. */
export const GuardrailAction = z.enum(['block', 'mask', 'flag', 'log'])
export type GuardrailAction = z.infer<typeof GuardrailAction>

/** What a language is told by: its script, and where scripts are shared, its most frequent words. */
export const DetectedLanguage = z.enum([
  'en',
  'de',
  'fr',
  'es',
  'it',
  'pt',
  'nl',
  'pl',
  'ru',
  'uk',
  'el',
  'ar',
  'he',
  'hi',
  'th',
  'zh',
  'ja',
  'ko',
])
export type DetectedLanguage = z.infer<typeof DetectedLanguage>

const everyWay = {
  action: GuardrailAction,
  on: z
    .array(GuardrailDirection)
    .min(1)
    .max(GuardrailDirection.options.length)
    .describe('Texts it looks at')
    .meta({ example: ['input'] }),
}
const phrase = z.string().trim().min(2).max(120)
const label = z
  .string()
  .trim()
  .min(1)
  .max(40)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} _-]*$/u, 'may hold letters, digits, spaces, _ and -')

const Pii = z.object({
  kind: z.literal('pii'),
  kinds: z.array(PiiKind).min(1).max(PiiKind.options.length),
  ...everyWay,
})
const Secrets = z.object({
  kind: z.literal('secrets'),
  entropy: z.boolean().default(false).describe('Also long random tokens of no known form'),
  ...everyWay,
})
const Injection = z.object({ kind: z.literal('injection'), ...everyWay })
const Words = z.object({
  kind: z.literal('words'),
  words: z.array(phrase).min(1).max(500),
  ...everyWay,
})
const Topic = z.object({
  kind: z.literal('topic'),
  topic: label,
  keywords: z.array(phrase).min(1).max(200),
  atLeast: z.number().int().min(1).max(20).default(2).describe('Keywords one text must hold'),
  ...everyWay,
  action: GuardrailAction.exclude(['mask']),
})
const Patterns = z.object({
  kind: z.literal('patterns'),
  patterns: z
    .array(z.object({ name: label, pattern: z.string().min(1).max(300) }).strict())
    .min(1)
    .max(20)
    .describe(
      'Regular expressions without look-around and references; one finds at most 256 characters, in time that grows with the text only',
    ),
  ignoreCase: z.boolean().default(false),
  ...everyWay,
})
const JsonSchemaCheck = z.object({
  kind: z.literal('json_schema'),
  schema: z
    .record(z.string(), z.unknown())
    .describe('JSON Schema (2020-12 without patterns and remote references) of the whole answer'),
  ...everyWay,
  action: GuardrailAction.exclude(['mask']),
  on: z.array(z.literal('output')).length(1),
})
const Length = z.object({
  kind: z.literal('length'),
  charsMax: z.number().int().min(1).max(10_000_000).describe('Characters of all its texts together'),
  ...everyWay,
  action: GuardrailAction.exclude(['mask']),
})
const Language = z.object({
  kind: z.literal('language'),
  allowed: z.array(DetectedLanguage).min(1).max(DetectedLanguage.options.length),
  ...everyWay,
  action: GuardrailAction.exclude(['mask']),
})
const External = z.object({
  kind: z.literal('external'),
  serviceId: id('gds').describe('The guardrail service that is asked'),
  categories: z
    .array(z.string().trim().min(1).max(80))
    .max(60)
    .default([])
    .describe('What counts, in the words of the service; empty: everything it finds'),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('The least score that counts. A service that gives none scores 1, severities 2, 4 and 6 a third each'),
  ...everyWay,
})

export const GuardrailCheck = z
  .discriminatedUnion('kind', [
    Pii.strict(),
    Secrets.strict(),
    Injection.strict(),
    Words.strict(),
    Topic.strict(),
    Patterns.strict(),
    JsonSchemaCheck.strict(),
    Length.strict(),
    Language.strict(),
    External.strict(),
  ])
  .meta({ id: 'GuardrailCheck', example: { kind: 'pii', kinds: ['email'], action: 'mask', on: ['input'] } })
export type GuardrailCheck = z.infer<typeof GuardrailCheck>
export type GuardrailCheckKind = GuardrailCheck['kind']
export const guardrailCheckKinds = [
  'pii',
  'secrets',
  'injection',
  'words',
  'topic',
  'patterns',
  'json_schema',
  'length',
  'language',
  'external',
] as const satisfies readonly GuardrailCheckKind[]

export const GuardrailScope = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('account') }).strict(),
    z.object({ type: z.enum(['org', 'team', 'key']), id: z.string().min(1).max(64) }).strict(),
    z.object({ type: z.literal('model'), model: z.string().trim().min(1).max(120).describe('Its name') }).strict(),
  ])
  .meta({ id: 'GuardrailScope', example: { type: 'account' } })
export type GuardrailScope = z.infer<typeof GuardrailScope>

/** What one check of a guardrail said about the texts of one direction; never the text it found. */
export const GuardrailVerdict = z
  .object({
    guardrailId: z.string(),
    guardrail: z.string().describe('Its name then'),
    check: z.enum(guardrailCheckKinds),
    direction: GuardrailDirection,
    action: GuardrailAction.or(z.enum(['refused', 'let_pass'])).describe(
      '`refused` and `let_pass`: it could not be checked, and its guardrail fails closed or open',
    ),
    found: z.record(z.string(), z.number().int()).describe('How often each kind was found'),
  })
  .meta({ id: 'GuardrailVerdict' })
export type GuardrailVerdict = z.infer<typeof GuardrailVerdict>
