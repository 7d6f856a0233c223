/**
 * Looks through one text as it comes, in pieces of any size, and gives it on with what must be masked replaced. What it
 * gives on and what it finds is the same however the text was cut.
 */
import type { GuardrailAction } from '@cockpit/contract/guardrail-checks'
import { contextChars, type Detector, type Found, type Tail } from './detector.ts'

/** A check of a guardrail as the scanner needs it. `of` is whatever the one who asks wants to find again. */
export type Rule<T = unknown> = {
  readonly of: T
  readonly detector: Detector
  readonly action: GuardrailAction
  /** How many matches one text must have before it counts. */
  readonly atLeast: number
  /** Matches of rules with one counter are counted together. */
  readonly counter: number
}

/** Where a rule found something, in characters of the whole text. */
export type Match<T = unknown> = { rule: Rule<T>; start: number; end: number }

export const placeholder = (kind: string): string => `[${kind.toUpperCase().replaceAll(' ', '_')}]`

type Options<T> = {
  rules: readonly Rule<T>[]
  /** Gives nothing on from where a rule blocks; else what is blocked is masked, and the rest is looked through too. */
  cutAtBlock: boolean
  onMatch: (match: Match<T>) => void
}

export class Scanner<T = unknown> {
  blockedBy: Rule<T> | null = null
  readonly #rules: readonly Rule<T>[]
  readonly #next: (Found | null | undefined)[]
  readonly #cut: boolean
  readonly #onMatch: Options<T>['onMatch']
  readonly #counts = new Map<number, number>()
  /** What came before, as far as it is looked back to, and what is not decided yet. */
  #text = ''
  /** Where `#text` begins in the whole. */
  #base = 0
  #at = 0
  #open: { match: Match<T>; tail: Tail; masked: boolean } | null = null

  constructor({ rules, cutAtBlock, onMatch }: Options<T>) {
    this.#rules = rules
    this.#next = rules.map(() => undefined)
    this.#cut = cutAtBlock
    this.#onMatch = onMatch
  }

  /** How much is held back now. */
  get held(): number {
    return this.#text.length - this.#at
  }

  push(piece: string): string {
    if (this.#cut && this.blockedBy) return ''
    this.#text += piece
    // what was not found, or began where more may follow, is looked for again
    this.#next.fill(undefined)
    return this.#advance(false)
  }

  end(): string {
    if (this.#cut && this.blockedBy) return ''
    this.#next.fill(undefined)
    return this.#advance(true)
  }

  /** A text that is here whole: nothing of it waits, so nobody asks what might still begin a match. */
  whole(text: string): string {
    if (this.#cut && this.blockedBy) return ''
    this.#text += text
    this.#next.fill(undefined)
    return this.#advance(true)
  }

  #advance(ended: boolean): string {
    let out = ''
    let limit = this.#limit(ended)
    for (;;) {
      if (this.#open) out += this.#follow(ended)
      if (this.#open) break
      if (this.#at > limit) limit = this.#limit(ended)
      const first = this.#first(limit, ended)
      if (!first) {
        out += this.#text.slice(this.#at, limit)
        this.#at = Math.max(this.#at, limit)
        break
      }
      out += this.#text.slice(this.#at, first.found.start)
      const stop = this.#take(first.rule, first.found)
      if (stop === null) return out
      out += stop
    }
    this.#forget()
    return out
  }

  /** Up to where everything is decided. */
  #limit(ended: boolean): number {
    const { length } = this.#text
    if (ended) return length
    let limit = length
    for (const { detector } of this.#rules) limit = Math.min(limit, detector.undecided(this.#text, this.#at))
    const before = this.#text.charCodeAt(limit - 1)
    // half of a pair of units is no character yet
    return Math.max(this.#at, limit === length && before >= 0xd800 && before <= 0xdbff ? limit - 1 : limit)
  }

  /** The earliest match that is decided; of several, that of the first rule. */
  #first(limit: number, ended: boolean): { rule: Rule<T>; found: Found } | null {
    let best: { rule: Rule<T>; found: Found } | null = null
    for (const [place, rule] of this.#rules.entries()) {
      let found = this.#next[place]
      if (found === undefined || (found !== null && found.start < this.#at)) {
        found = rule.detector.find(this.#text, this.#at)
        this.#next[place] = found
      }
      if (found && (ended || found.start < limit) && (!best || found.start < best.found.start)) best = { rule, found }
    }
    return best
  }

  /** What stands in the place of a match; null when nothing is given on any more. */
  #take(rule: Rule<T>, { start, end }: Found): string | null {
    const match = { rule, start: this.#base + start, end: this.#base + end }
    const count = (this.#counts.get(rule.counter) ?? 0) + 1
    this.#counts.set(rule.counter, count)
    const blocks = rule.action === 'block' && count >= rule.atLeast
    if (blocks) this.blockedBy ??= rule
    this.#at = end
    if (blocks && this.#cut) {
      this.#onMatch(match)
      return null
    }
    const masked = rule.action === 'mask' || blocks
    if (rule.detector.tail) this.#open = { match, tail: rule.detector.tail(), masked }
    else this.#onMatch(match)
    return masked ? placeholder(rule.detector.kind) : this.#text.slice(start, end)
  }

  /** What belongs to a match that has no fixed end. */
  #follow(ended: boolean): string {
    const open = this.#open
    if (!open) return ''
    const from = this.#at
    let over = false
    while (!over && this.#at < this.#text.length) {
      const said = open.tail(this.#text.charAt(this.#at))
      over = said !== 'more'
      if (said !== 'over') this.#at++
    }
    if (over || ended) {
      open.match.end = this.#base + this.#at
      this.#onMatch(open.match)
      this.#open = null
    }
    return open.masked ? '' : this.#text.slice(from, this.#at)
  }

  #forget() {
    const gone = this.#at - contextChars
    if (gone <= contextChars) return
    this.#text = this.#text.slice(gone)
    this.#base += gone
    this.#at -= gone
    this.#next.fill(undefined)
  }
}
