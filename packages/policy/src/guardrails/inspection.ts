/** What the guardrails say about one call: every text goes through here, and verdicts are kept without the texts. */
import type { GuardrailDirection, GuardrailVerdict } from '@cockpit/contract/guardrail-checks'
import { ArgumentsScanner } from './arguments.ts'
import type { CheckOf, DirectionGuard, Guard } from './compile.ts'
import { languageCharsMax, languageOf } from './language.ts'
import { type Match, Scanner } from './scanner.ts'
import { conforms, SchemaTooCostly } from './schema.ts'

/** Why a call or an answer goes no further. */
export type Block = {
  guardrail: { id: string; name: string }
  check: CheckOf['check']['kind']
  direction: GuardrailDirection
  kind: string
  /** It could not be checked, and its guardrail fails closed. */
  unchecked: boolean
}

type Options = {
  /** A stream gives nothing on from where a check blocks; a whole text is masked there and looked through to its end. */
  cutAtBlock: boolean
  onMatch?: (match: Match<CheckOf>, direction: GuardrailDirection) => void
}

/** One text that passes in pieces. */
export type TextPass = Pick<TextStream, 'push' | 'end' | 'held'>

/** What texts of a call can be shown to, and what comes back in their place. */
export type Look = Pick<Inspection, 'looksAt' | 'passes' | 'text' | 'blockedBy'> & {
  stream(direction: GuardrailDirection, isJson?: boolean): TextPass | null
}

/** A longer answer is not kept to be compared with a schema. */
const schemaBytesMax = 1 << 20

export class Inspection {
  blockedBy: Block | null = null
  readonly #guard: Guard
  readonly #options: Options
  readonly #verdicts = new Map<string, GuardrailVerdict>()
  readonly #chars = new Map<GuardrailDirection, number>()

  constructor(guard: Guard, options: Options) {
    this.#guard = guard
    this.#options = options
  }

  get verdicts(): readonly GuardrailVerdict[] {
    return [...this.#verdicts.values()]
  }

  /** Whether anything looks in this direction at all. */
  looksAt(direction: GuardrailDirection): boolean {
    return this.#guard[direction] !== null
  }

  /** Whether nobody has anything to say of texts in this direction that are written like this in JSON. */
  passes(direction: GuardrailDirection, json: string): boolean {
    const guard = this.#guard[direction]
    return guard === null || (guard.mayFind !== null && !guard.mayFind(json))
  }

  /** A whole text, masked where it must be. */
  text(direction: GuardrailDirection, text: string, isJson = false): string {
    const stream = this.stream(direction, isJson)
    return stream ? stream.whole(text) : text
  }

  /** A text that comes in pieces; null where nothing looks. */
  stream(direction: GuardrailDirection, isJson = false): TextStream | null {
    const guard = this.#guard[direction]
    return guard && new TextStream(this, guard, direction, { ...this.#options, isJson })
  }

  /** For the streams of this call. */
  note(direction: GuardrailDirection, { guardrail, check, place }: CheckOf, kind: string, blocks: boolean) {
    const key = `${guardrail.id} ${place} ${direction}`
    const known = this.#verdicts.get(key)
    const verdict = known ?? verdictOf(guardrail, check, direction)
    if (!known) this.#verdicts.set(key, verdict)
    verdict.found[kind] = (verdict.found[kind] ?? 0) + 1
    if (blocks) this.#block({ guardrail, check: check.kind, direction, kind, unchecked: false })
  }

  /** A check could not be made. */
  fail(direction: GuardrailDirection, { guardrail, check, place }: CheckOf) {
    const closed = guardrail.onFailure === 'closed'
    const verdict = {
      ...verdictOf(guardrail, check, direction),
      action: closed ? ('refused' as const) : ('let_pass' as const),
    }
    this.#verdicts.set(`${guardrail.id} ${place} ${direction} failed`, verdict)
    if (closed) this.#block({ guardrail, check: check.kind, direction, kind: 'unchecked', unchecked: true })
  }

  /** How many characters of a direction have been seen before these. */
  count(direction: GuardrailDirection, chars: number): number {
    const before = this.#chars.get(direction) ?? 0
    this.#chars.set(direction, before + chars)
    return before
  }

  #block({ guardrail: { id, name }, ...block }: Block) {
    this.blockedBy ??= { guardrail: { id, name }, ...block }
  }
}

const verdictOf = (
  guardrail: CheckOf['guardrail'],
  check: CheckOf['check'],
  direction: GuardrailDirection,
): GuardrailVerdict => ({
  guardrailId: guardrail.id,
  guardrail: guardrail.name,
  check: check.kind,
  direction,
  action: check.action,
  found: {},
})

/** One text of a call, from its first piece to its end. */
export class TextStream {
  readonly #inspection: Inspection
  readonly #guard: DirectionGuard
  readonly #direction: GuardrailDirection
  readonly #cut: boolean
  readonly #scanner: Scanner<CheckOf> | ArgumentsScanner<CheckOf>
  #head = ''
  #headJudged = false
  #whole = ''
  #tooLong: Set<CheckOf> | null = null

  constructor(
    inspection: Inspection,
    guard: DirectionGuard,
    direction: GuardrailDirection,
    { cutAtBlock, onMatch, isJson }: Options & { isJson: boolean },
  ) {
    this.#inspection = inspection
    this.#guard = guard
    this.#direction = direction
    this.#cut = cutAtBlock
    const counts = guard.rules.map(() => 0)
    const options = {
      rules: guard.rules,
      cutAtBlock,
      onMatch: (match: Match<CheckOf>) => {
        const { of, action, atLeast, counter, detector } = match.rule
        onMatch?.(match, direction)
        const count = (counts[counter] ?? 0) + 1
        counts[counter] = count
        if (count === atLeast && atLeast > 1)
          for (let i = 1; i < atLeast; i++) inspection.note(direction, of, detector.kind, false)
        if (count >= atLeast) inspection.note(direction, of, detector.kind, action === 'block')
      },
    }
    this.#scanner = isJson ? new ArgumentsScanner(options) : new Scanner(options)
  }

  /** Characters that wait for those after them. */
  get held(): number {
    return this.#scanner.held
  }

  push(piece: string): string {
    if (this.#stopped()) return ''
    const admitted = this.#admitted(piece)
    const out = this.#scanner.push(admitted)
    // what came before the place where it is cut is all decided now
    return admitted.length < piece.length && !this.#scanner.blockedBy ? out + this.#scanner.end() : out
  }

  end(): string {
    if (this.#stopped()) return ''
    const out = this.#scanner.end()
    this.#judgeLanguage()
    this.#judgeSchema()
    return out
  }

  /** All of it at once. */
  whole(text: string): string {
    const scanner = this.#scanner
    if (!(scanner instanceof Scanner)) return this.push(text) + this.end()
    if (this.#stopped()) return ''
    const out = scanner.whole(this.#admitted(text))
    if (this.#stopped()) return out
    this.#judgeLanguage()
    this.#judgeSchema()
    return out
  }

  #stopped = () => this.#cut && this.#inspection.blockedBy !== null

  /** As much of a piece as comes before a check that counts characters ends the text. */
  #admitted(piece: string): string {
    const { lengths, languages, schemas } = this.#guard
    let end = piece.length
    if (lengths.length > 0) {
      const before = this.#inspection.count(this.#direction, piece.length)
      for (const one of lengths) end = Math.min(end, this.#lengthOf(one, before, piece.length))
    }
    if (languages.length > 0 && !this.#headJudged) {
      const taken = Math.min(end, languageCharsMax - this.#head.length)
      this.#head += piece.slice(0, taken)
      if (this.#head.length >= languageCharsMax && this.#judgeLanguage()) end = taken
    }
    if (schemas.length > 0 && this.#whole.length <= schemaBytesMax) this.#whole += piece.slice(0, end)
    return this.#cut && end < piece.length ? piece.slice(0, end) : piece
  }

  #lengthOf(one: DirectionGuard['lengths'][number], before: number, chars: number): number {
    const room = one.check.charsMax - before
    if (chars <= room || this.#tooLong?.has(one)) return chars
    this.#tooLong ??= new Set()
    this.#tooLong.add(one)
    if (before > one.check.charsMax) return chars
    const blocks = one.check.action === 'block'
    this.#inspection.note(this.#direction, one, 'too_long', blocks)
    return blocks ? Math.max(0, room) : chars
  }

  /** Whether it ends the text. */
  #judgeLanguage(): boolean {
    if (this.#headJudged || this.#guard.languages.length === 0) return false
    this.#headJudged = true
    const language = languageOf(this.#head)
    let blocks = false
    for (const one of this.#guard.languages) {
      if (language === null || one.check.allowed.includes(language)) continue
      blocks ||= one.check.action === 'block'
      this.#inspection.note(this.#direction, one, language, one.check.action === 'block')
    }
    return blocks
  }

  #judgeSchema() {
    for (const one of this.#guard.schemas) {
      const { check } = one
      if (this.#whole.length > schemaBytesMax) this.#inspection.fail(this.#direction, one)
      else
        try {
          if (!conforms(check.schema, parsed(this.#whole)))
            this.#inspection.note(this.#direction, one, 'off_schema', check.action === 'block')
        } catch (error) {
          if (!(error instanceof SchemaTooCostly)) throw error
          this.#inspection.fail(this.#direction, one)
        }
    }
  }
}

/** A symbol is no JSON value, so what is not JSON conforms to no schema but `true`. */
const notJson = Symbol('not JSON')
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return notJson
  }
}
