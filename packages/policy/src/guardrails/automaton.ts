/**
 * Patterns as tables of states: every sign of a text costs one look-up, whatever the pattern. The whole table is made when
 * a guardrail is saved, so a pattern that would need too large a one is refused then.
 */
import { type Detector, holdsOneOf, isWordSign } from './detector.ts'
import { merged, type Node, type Pattern, PatternRefused, type Signs } from './pattern.ts'

/** The longest text one match can have. */
export const matchCharsMax = 256

type Limits = { nodesMax: number; cellsMax: number }
export const patternLimits: Limits = { nodesMax: 2_000, cellsMax: 200_000 }
export const wordLimits: Limits = { nodesMax: 80_000, cellsMax: 4_000_000 }

/** A graph of nodes: either one step over some signs, or free ways on. */
type Nfa = { signs: (Signs | null)[]; ways: number[][] }

const build = (node: Node, fold: boolean, limits: Limits) => {
  const nfa: Nfa = { signs: [], ways: [] }
  const add = (signs: Signs | null): number => {
    if (nfa.signs.length >= limits.nodesMax) throw new PatternRefused('repeats too much: it needs too many states.')
    nfa.ways.push([])
    return nfa.signs.push(signs) - 1
  }
  const link = (from: number, to: number) => nfa.ways[from]?.push(to)
  /** Adds a node between two points. */
  const put = (of: Node, from: number, to: number): void => {
    if (of.is === 'signs') {
      const step = add(fold ? folded(of.signs) : of.signs)
      link(from, step)
      link(step, to)
    } else if (of.is === 'all') {
      let at = from
      for (const part of of.parts) {
        const next = add(null)
        put(part, at, next)
        at = next
      }
      link(at, to)
    } else if (of.is === 'either') for (const part of of.parts) put(part, from, to)
    else repeat(of, from, to)
  }
  const repeat = ({ part, least, most }: Extract<Node, { is: 'repeat' }>, from: number, to: number) => {
    let at = from
    const once = () => {
      const next = add(null)
      put(part, at, next)
      at = next
    }
    for (let i = 0; i < least; i++) once()
    if (most === null) {
      const loop = add(null)
      link(at, loop)
      put(part, loop, loop)
      at = loop
    } else
      for (let i = least; i < most; i++) {
        link(at, to)
        once()
      }
    link(at, to)
  }
  const start = add(null)
  const end = add(null)
  put(node, start, end)
  return { nfa, start, end }
}

/** The same signs in small and capital letters, as far as one letter becomes one letter. */
const folded = (signs: Signs): Signs => {
  const out: [number, number][] = signs.map(([low, high]) => [low, high])
  for (const [low, high] of signs)
    for (let unit = low; unit <= Math.min(high, foldedMax); unit++) {
      const sign = String.fromCharCode(unit)
      for (const other of [sign.toLowerCase(), sign.toUpperCase()])
        if (other.length === 1 && other !== sign) out.push([other.charCodeAt(0), other.charCodeAt(0)])
    }
  return merged(out)
}
const foldedMax = 0x1fff

/** `next[state * width + column]`, -1 where nothing follows. State 0 is the beginning. */
type Table = { next: Int32Array; accepts: Uint8Array; columns: Uint16Array; width: number }

const determine = (node: Node, fold: boolean, limits: Limits): Table => {
  const { nfa, start, end } = build(node, fold, limits)
  const { columns, width, samples } = columnsOf(nfa)
  const states = new Map<string, number>()
  const sets: number[][] = []
  const next: number[] = []
  const stateOf = (set: number[]): number => {
    const key = set.join(',')
    const known = states.get(key)
    if (known !== undefined) return known
    if ((sets.length + 1) * width > limits.cellsMax)
      throw new PatternRefused('is too ambiguous: it needs too many states. Bound or separate its repetitions.')
    states.set(key, sets.length)
    return sets.push(set) - 1
  }
  stateOf(closure(nfa, [start]))
  for (let at = 0; at < sets.length; at++) {
    const set = sets[at] ?? []
    for (let column = 0; column < width; column++) {
      const sample = samples[column] ?? 0
      const on = set.flatMap((n) => (nfa.signs[n] && holds(nfa.signs[n], sample) ? (nfa.ways[n] ?? []) : []))
      next.push(on.length === 0 ? -1 : stateOf(closure(nfa, on)))
    }
  }
  const accepts = Uint8Array.from(sets, (set) => (set.includes(end) ? 1 : 0))
  return { next: Int32Array.from(next), accepts, columns, width }
}

/** All nodes that can be reached without a sign: the steps that may come, and the end. */
const closure = (nfa: Nfa, from: readonly number[]): number[] => {
  const seen = new Set<number>()
  const open = [...from]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    if (nfa.signs[node] === null) open.push(...(nfa.ways[node] ?? []))
  }
  return [...seen]
    .filter((node) => nfa.signs[node] !== null || (nfa.ways[node]?.length ?? 0) === 0)
    .sort((a, b) => a - b)
}

const holds = (signs: Signs | null, unit: number): boolean =>
  signs?.some(([low, high]) => unit >= low && unit <= high) ?? false

/** Signs that no step tells apart share a column. */
const columnsOf = ({ signs }: Nfa) => {
  const cuts = new Set([0])
  for (const one of signs)
    for (const [low, high] of one ?? []) {
      cuts.add(low)
      cuts.add(high + 1)
    }
  const bounds = [...cuts].filter((cut) => cut <= 0xffff).sort((a, b) => a - b)
  const distinct = [...new Map(signs.flatMap((one) => (one ? [[JSON.stringify(one), one] as const] : []))).values()]
  const known = new Map<string, number>()
  const samples: number[] = []
  const columns = new Uint16Array(0x10000)
  for (const [at, low] of bounds.entries()) {
    const key = distinct.map((one) => (holds(one, low) ? 1 : 0)).join('')
    const column = known.get(key) ?? samples.push(low) - 1
    known.set(key, column)
    columns.fill(column, low, bounds[at + 1] ?? 0x10000)
  }
  return { columns, width: samples.length, samples }
}

/** Whether a match may begin or end at this place of a text. */
type Edge = (text: string, at: number) => boolean
type Options = {
  kind: string
  ignoreCase: boolean
  limits?: Limits
  before?: Edge
  after?: Edge
  mayBeIn?: Detector['mayBeIn']
}

/** A detector that finds the longest match at the earliest place. Throws `PatternRefused`. */
const automaton = (node: Node, options: Options): Detector => {
  const { kind, ignoreCase, limits = patternLimits, before, after, mayBeIn = null } = options
  const { next, accepts, columns, width } = determine(node, ignoreCase, limits)
  if (accepts[0] === 1) throw new PatternRefused('also matches nothing at all.')

  /** The end of the longest match from here, -1 without one; `open` when the text ended before the pattern did. */
  const run = (text: string, start: number): { end: number; open: boolean } => {
    let end = -1
    let state = 0
    const last = Math.min(text.length, start + matchCharsMax)
    for (let at = start; at < last; at++) {
      state = next[state * width + (columns[text.charCodeAt(at)] ?? 0)] ?? -1
      if (state < 0) return { end, open: false }
      if (accepts[state] === 1 && (!after || after(text, at + 1))) end = at + 1
    }
    return { end, open: last === text.length }
  }
  // most signs begin nothing, and this is asked of every one
  const opens = new Uint8Array(columns.length)
  for (let code = 0; code < opens.length; code++) opens[code] = (next[columns[code] ?? 0] ?? -1) >= 0 ? 1 : 0
  const begins = (text: string, at: number): boolean =>
    opens[text.charCodeAt(at)] === 1 && (!before || before(text, at))

  return {
    kind,
    tail: null,
    mayBeIn,
    find(text, from) {
      for (let start = from; start < text.length; start++) {
        if (opens[text.charCodeAt(start)] !== 1 || !begins(text, start)) continue
        const { end } = run(text, start)
        if (end > start) return { start, end }
      }
      return null
    },
    undecided(text, from) {
      for (let start = Math.max(from, text.length - matchCharsMax); start < text.length; start++)
        if (begins(text, start) && run(text, start).open) return start
      return text.length
    },
  }
}

export const patternDetector = (kind: string, pattern: Pattern, ignoreCase: boolean): Detector =>
  automaton(pattern.node, {
    kind,
    ignoreCase,
    ...(pattern.boundBefore ? { before: isBoundary } : {}),
    ...(pattern.boundAfter ? { after: isBoundary } : {}),
  })

/** Words and phrases as they stand, in capitals or not, and not as parts of other words. Throws `PatternRefused`. */
export const phrasesDetector = (kind: string, phrases: readonly string[]): Detector => {
  const parts = phrases.map(
    (phrase): Node => ({ is: 'all', parts: [...phrase.split(/\s+/).join(' ')].flatMap(literal) }),
  )
  const whole: Edge = (text, at) => !(isWordSign(text.charCodeAt(at - 1)) && isWordSign(text.charCodeAt(at)))
  const limits = wordLimits
  const mayBeIn = oneOfTheirWords(phrases)
  return automaton({ is: 'either', parts }, { kind, ignoreCase: true, limits, before: whole, after: whole, mayBeIn })
}

/** More of them cost more than the states do. */
const soughtWordsMax = 16

/** A match holds the longest plain word of its phrase, in whatever capitals. */
const oneOfTheirWords = (phrases: readonly string[]): Detector['mayBeIn'] => {
  const words = phrases.map((phrase) =>
    (phrase.toLowerCase().match(/[a-z0-9]+/g) ?? []).reduce(
      (most, word) => (word.length > most.length ? word : most),
      '',
    ),
  )
  if (words.length > soughtWordsMax || words.includes('')) return null
  const holds = holdsOneOf(words)
  return (json) => holds(json.toLowerCase())
}

const isBoundary: Edge = (text, at) => isWordSign(text.charCodeAt(at - 1)) !== isWordSign(text.charCodeAt(at))

const spaces: Node = {
  is: 'repeat',
  part: {
    is: 'signs',
    signs: [
      [0x09, 0x0d],
      [0x20, 0x20],
      [0xa0, 0xa0],
    ],
  },
  least: 1,
  most: 3,
}
const literal = (sign: string): Node[] =>
  sign === ' '
    ? [spaces]
    : [...Array(sign.length).keys()].map((at) => ({
        is: 'signs',
        signs: [[sign.charCodeAt(at), sign.charCodeAt(at)]],
      }))
