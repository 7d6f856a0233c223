/** What finds one kind of thing in a text that may still grow. */

export type Found = { start: number; end: number }

/** Judges the signs after a match one by one: whether it goes on, ends with this one, or ended before it. */
export type Tail = (sign: string) => 'more' | 'last' | 'over'

/**
 * `find` answers the first match that starts at `from` or later. `undecided` answers from where on a text that goes on may
 * still turn out to begin a match, so that whatever stands before can be let go. Both look at no more than
 * `contextChars` before a match, and at two signs after it.
 */
export type Detector = {
  readonly kind: string
  find(text: string, from: number): Found | null
  undecided(text: string, from: number): number
  /** Makes a judge of what belongs to a match however many signs follow it. */
  readonly tail: (() => Tail) | null
  /**
   * Whether a match may stand in texts that are written like this in JSON, one character a byte and nothing ordinary escaped.
   * Quick, and never wrong in saying no; null where only looking through the texts tells.
   */
  readonly mayBeIn: ((json: string) => boolean) | null
}

export const contextChars = 96

export const tailOf =
  (signs: RegExp): (() => Tail) =>
  () =>
  (sign) =>
    signs.test(sign) ? 'more' : 'over'

type Form = {
  kind: string
  /** Global; what it matches is bounded by `reach`, what it looks at after a match included. */
  pattern: RegExp
  reach: number
  /**
   * Texts of which one stands in every match, or closely before it. To look for them first costs a tenth of the pattern, so
   * they should begin with a character that texts hardly have.
   */
  needs?: readonly string[]
  /** Every character a match can hold or look at after it; a text that has another one is decided before it. */
  alphabet: RegExp
  /** How every match begins, where the alphabet alone would hold back ordinary words: global, of `headChars` characters. */
  head?: RegExp
  headChars?: number
  tail?: () => Tail
  /** Where the match really ends; -1 when it is none. */
  accept?: (text: string, start: number, end: number) => number
}

export const detector = ({
  kind,
  pattern,
  reach,
  needs,
  alphabet,
  head,
  headChars = 0,
  tail,
  accept,
}: Form): Detector => {
  const holds = tableOf(alphabet)
  return {
    kind,
    tail: tail ?? null,
    mayBeIn: both(needs ? holdsOneOf(needs) : null, holdsEscaped(holds) ? null : looseTest(pattern)),
    find(text, from) {
      const back = Math.max(0, from - contextChars)
      if (needs && !needs.some((word) => text.indexOf(word, back) >= 0)) return null
      pattern.lastIndex = from
      for (let hit = pattern.exec(text); hit; hit = pattern.exec(text)) {
        const start = hit.index
        const end = accept ? accept(text, start, pattern.lastIndex) : pattern.lastIndex
        if (end > start) return { start, end }
        pattern.lastIndex = start + 1
      }
      return null
    },
    undecided(text, from) {
      const least = Math.max(from, text.length - reach)
      let at = text.length
      while (at > least && holds(text.charCodeAt(at - 1))) at--
      if (!head) return at
      head.lastIndex = at
      const begun = head.exec(text)
      return begun ? begun.index : Math.max(at, text.length - headChars + 1)
    },
  }
}

export const holdsOneOf =
  (words: readonly string[]) =>
  (text: string): boolean => {
    for (const word of words) if (text.includes(word)) return true
    return false
  }

const both = (first: Detector['mayBeIn'], then: Detector['mayBeIn']): Detector['mayBeIn'] =>
  first && then ? (json) => first(json) && then(json) : (first ?? then)

/** Signs that JSON writes otherwise, or that are several bytes: a match that may hold one cannot be looked for in it. */
const escaped = ['"', '\\', '\n', 'é']
const holdsEscaped = (holds: (code: number) => boolean): boolean => escaped.some((sign) => holds(sign.charCodeAt(0)))

/** The pattern without what it asks of the signs around a match, which are others in JSON; null where that is not all told. */
const looseTest = (pattern: RegExp): Detector['mayBeIn'] => {
  const source = pattern.source.replace(around, '')
  if (/\(\?<?[=!]/.test(source)) return null
  const loose = new RegExp(source, pattern.flags.replace(/[gy]/g, ''))
  return (json) => loose.test(json)
}
const around = /\(\?<?[=!](?:\\.|\[(?:\\.|[^\]\\])*\]|[^()\\[])*\)/g

/** Whether a character is of a class; beyond ASCII it is asked each time. */
const tableOf = (alphabet: RegExp) => {
  const ascii = Uint8Array.from({ length: 128 }, (_, code) => (alphabet.test(String.fromCharCode(code)) ? 1 : 0))
  return (code: number): boolean => (code < 128 ? ascii[code] === 1 : alphabet.test(String.fromCharCode(code)))
}

export const isWordSign = (code: number): boolean =>
  code < 128
    ? (code >= 0x30 && code <= 0x39) ||
      (code >= 0x41 && code <= 0x5a) ||
      (code >= 0x61 && code <= 0x7a) ||
      code === 0x5f
    : wordSign.test(String.fromCharCode(code))
const wordSign = /[\p{L}\p{N}\p{M}]/u
