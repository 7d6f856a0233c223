/**
 * Looks through JSON as it comes in pieces, such as the arguments of a tool call. Only what stands inside of its strings
 * and numbers is looked at and changed, so that it stays the JSON it was.
 */
import { type Match, type Rule, Scanner } from './scanner.ts'

type Options<T> = { rules: readonly Rule<T>[]; cutAtBlock: boolean; onMatch: (match: Match<T>) => void }

const numberSign = /[0-9.eE+-]/
/** A longer one is no number anybody writes, and is not waited for. */
const numberCharsMax = 64
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

export class ArgumentsScanner<T = unknown> {
  blockedBy: Rule<T> | null = null
  readonly #options: Options<T>
  /** Set inside of a string. */
  #string: Scanner<T> | null = null
  /** An escape whose end has not come. */
  #escape = ''
  /** The first half of a character whose second half has not come: apart they would be written as escapes. */
  #half = ''
  #number = ''

  constructor(options: Options<T>) {
    this.#options = options
  }

  get held(): number {
    return (this.#string?.held ?? 0) + this.#escape.length + this.#half.length + this.#number.length
  }

  push(piece: string): string {
    let out = ''
    let at = 0
    while (at < piece.length && !this.#stopped()) {
      if (this.#string) {
        const [text, next] = this.#inString(this.#string, piece, at)
        out += text
        at = next
      } else out += this.#outside(piece.charAt(at++))
    }
    return out
  }

  end(): string {
    if (this.#stopped()) return ''
    const rest = this.#string
      ? inJson(this.#half + this.#string.push(this.#escape) + this.#string.end())
      : this.#endOfNumber()
    if (this.#string) this.#blame(this.#string)
    this.#string = null
    this.#escape = ''
    this.#half = ''
    return rest
  }

  #stopped = () => this.#options.cutAtBlock && this.blockedBy !== null

  #blame(scanner: Scanner<T>) {
    this.blockedBy ??= scanner.blockedBy
  }

  #outside(sign: string): string {
    if (numberSign.test(sign) && this.#number.length < numberCharsMax) {
      this.#number += sign
      return ''
    }
    const before = this.#endOfNumber()
    if (sign === '"' && !this.#stopped()) this.#string = new Scanner(this.#options)
    return this.#stopped() ? before : before + sign
  }

  #endOfNumber(): string {
    const written = this.#number
    this.#number = ''
    // the letters of `true` and `null` are signs of numbers too
    if (written.length < 4) return written
    const scanner = new Scanner(this.#options)
    const text = scanner.push(written) + scanner.end()
    this.#blame(scanner)
    return text === written || this.#stopped() ? text : JSON.stringify(text)
  }

  /** Up to the end of the string or of the piece. */
  #inString(scanner: Scanner<T>, piece: string, from: number): [string, number] {
    let text = ''
    for (let at = from; at < piece.length; at++) {
      const sign = piece.charAt(at)
      if (this.#escape !== '') {
        this.#escape += sign
        const decoded = unescaped(this.#escape)
        if (decoded === null) continue
        this.#escape = ''
        text += decoded
      } else if (sign === '\\') this.#escape = sign
      else if (sign === '"') {
        const rest = this.#half + scanner.push(text) + scanner.end()
        this.#string = null
        this.#half = ''
        this.#blame(scanner)
        return [inJson(rest) + (this.#stopped() ? '' : '"'), at + 1]
      } else text += sign
    }
    const out = this.#half + scanner.push(text)
    this.#blame(scanner)
    const whole = !this.#stopped() && firstHalf.test(out) ? out.length - 1 : out.length
    this.#half = out.slice(whole)
    return [inJson(out.slice(0, whole)), piece.length]
  }
}

const firstHalf = /[\ud800-\udbff]$/

/** The character of an escape; null as long as it is not complete. */
const unescaped = (written: string): string | null => {
  const sign = written[1]
  if (sign === undefined) return null
  if (sign !== 'u') return escapes[sign] ?? sign
  return written.length < 6 ? null : String.fromCharCode(Number.parseInt(written.slice(2), 16) || 0)
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)
