/** Guardrails made ready to look at texts: their detectors made, their checks sorted by the direction they look in. */
import { type GuardrailAction, type GuardrailCheck, GuardrailDirection } from '@cockpit/contract/guardrail-checks'
import type { SliceGuardrail } from '@cockpit/contract/snapshot'
import { patternDetector, phrasesDetector } from './automaton.ts'
import type { Detector } from './detector.ts'
import { injectionDetectors } from './injection.ts'
import { PatternRefused, parsePattern } from './pattern.ts'
import { piiDetectors } from './pii.ts'
import type { Rule } from './scanner.ts'
import { schemaRefusal } from './schema.ts'
import { secretDetectors } from './secrets.ts'

/** What compiling needs of a guardrail. */
export type GuardrailRules = Pick<SliceGuardrail, 'id' | 'name' | 'onFailure' | 'checks'>

/** One check, and whose it is. */
export type CheckOf<C extends GuardrailCheck = GuardrailCheck> = { guardrail: GuardrailRules; check: C; place: number }
export type Of<K extends GuardrailCheck['kind']> = CheckOf<Extract<GuardrailCheck, { kind: K }>>

/** Everything that looks at the texts of one direction. */
export type DirectionGuard = {
  rules: readonly Rule<CheckOf>[]
  /** Whether any of them may find something in texts written like this in JSON; null where only looking through them tells. */
  mayFind: Detector['mayBeIn']
  lengths: readonly Of<'length'>[]
  languages: readonly Of<'language'>[]
  schemas: readonly Of<'json_schema'>[]
}

export type Guard = Readonly<Record<GuardrailDirection, DirectionGuard | null>>

type Compiled = { check: GuardrailCheck; detectors: readonly Detector[] }

/** Detectors are costly to make and the same for every key and model a guardrail holds for. */
const known = new WeakMap<GuardrailRules, readonly Compiled[]>()

const compiled = (guardrail: GuardrailRules): readonly Compiled[] => {
  const found = known.get(guardrail)
  if (found) return found
  const made = guardrail.checks.map((check) => ({ check, detectors: detectorsOf(check) }))
  known.set(guardrail, made)
  return made
}

/** Throws `PatternRefused`. */
const detectorsOf = (check: GuardrailCheck): Detector[] => {
  if (check.kind === 'pii') return piiDetectors(check.kinds)
  if (check.kind === 'secrets') return secretDetectors(check.entropy)
  if (check.kind === 'injection') return injectionDetectors()
  if (check.kind === 'words') return [phrasesDetector('word', check.words)]
  if (check.kind === 'topic') return [phrasesDetector(check.topic, check.keywords)]
  if (check.kind === 'patterns')
    return check.patterns.map(({ name, pattern }) => patternDetector(name, parsePattern(pattern), check.ignoreCase))
  return []
}

/** The guard of several guardrails, in their order; null where none of them looks at anything. */
export const guardOf = (guardrails: readonly GuardrailRules[]): Guard | null => {
  const all = guardrails.flatMap((guardrail) =>
    compiled(guardrail)
      .map(({ check, detectors }, place) => ({ of: { guardrail, check, place }, detectors }))
      // somebody else is asked about these
      .filter(({ of }) => of.check.kind !== 'external'),
  )
  if (all.length === 0) return null
  const inDirection = (direction: GuardrailDirection): DirectionGuard | null => {
    const here = all.filter(({ of }) => of.check.on.some((one) => one === direction))
    if (here.length === 0) return null
    const whole = <K extends GuardrailCheck['kind']>(kind: K) =>
      here.flatMap(({ of }) => (isKind(of, kind) ? [of] : []))
    const others = { lengths: whole('length'), languages: whole('language'), schemas: whole('json_schema') }
    const isAllDetected = Object.values(others).every((some) => some.length === 0)
    return {
      rules: here.flatMap(({ of, detectors }, counter) =>
        detectors.map((detector) => ({ of, detector, action: of.check.action, atLeast: atLeastOf(of.check), counter })),
      ),
      mayFind: isAllDetected ? mayFindOf(here.flatMap(({ detectors }) => detectors)) : null,
      ...others,
    }
  }
  return {
    input: inDirection('input'),
    tool_results: inDirection('tool_results'),
    output: inDirection('output'),
    tool_calls: inDirection('tool_calls'),
  }
}

const mayFindOf = (detectors: readonly Detector[]): Detector['mayBeIn'] => {
  const asked = detectors.flatMap(({ mayBeIn }) => mayBeIn ?? [])
  if (asked.length < detectors.length) return null
  return (json) => {
    for (const mayBeIn of asked) if (mayBeIn(json)) return true
    return false
  }
}

const isKind = <K extends GuardrailCheck['kind']>(of: CheckOf, kind: K): of is Of<K> => of.check.kind === kind

const atLeastOf = (check: GuardrailCheck): number => (check.kind === 'topic' ? check.atLeast : 1)

/** What is wrong with a check beyond its shape, and with which of its fields; null when it can be used. */
export const checkRefusal = (check: GuardrailCheck): { field: string; why: string } | null => {
  if (check.kind === 'json_schema') {
    if (JSON.stringify(check.schema).length > schemaCharsMax)
      return { field: 'schema', why: `is longer than ${schemaCharsMax} characters.` }
    const why = schemaRefusal(check.schema)
    return why ? { field: 'schema', why } : null
  }
  if (check.kind === 'patterns') {
    for (const [at, { name, pattern }] of check.patterns.entries()) {
      const why = refusalOf(() => patternDetector(name, parsePattern(pattern), check.ignoreCase))
      if (why) return { field: `patterns/${at}/pattern`, why }
    }
    return null
  }
  if (check.kind !== 'words' && check.kind !== 'topic') return null
  const why = refusalOf(() => detectorsOf(check))
  return why ? { field: check.kind === 'words' ? 'words' : 'keywords', why } : null
}

const schemaCharsMax = 60_000

const refusalOf = (make: () => unknown): string | null => {
  try {
    make()
    return null
  } catch (error) {
    if (error instanceof PatternRefused) return error.message
    throw error
  }
}

const actionWords: Readonly<Record<GuardrailAction, string>> = {
  block: 'blocks',
  mask: 'masks',
  flag: 'flags',
  log: 'logs',
}
const checkWords: Readonly<Record<GuardrailCheck['kind'], string>> = {
  pii: 'personal data',
  secrets: 'secrets',
  injection: 'prompt injection',
  words: 'words',
  topic: 'topic',
  patterns: 'patterns',
  json_schema: 'answers off their schema',
  length: 'length',
  language: 'language',
  external: 'what a service finds',
}
const directionWords: Readonly<Record<GuardrailDirection, string>> = {
  input: 'requests',
  tool_results: 'tool results',
  output: 'answers',
  tool_calls: 'tool calls',
}

/** A guardrail in a sentence: "masks personal data in requests; blocks secrets in requests and answers". */
export const guardrailInWords = ({ checks }: Pick<GuardrailRules, 'checks'>): string =>
  checks
    .map(
      ({ kind, action, on }) =>
        `${actionWords[action]} ${checkWords[kind]} in ${GuardrailDirection.options
          .filter((direction) => on.some((one) => one === direction))
          .map((direction) => directionWords[direction])
          .join(', ')}`,
    )
    .join('; ')
