/** Regular expressions an account writes, as a tree: the part of the language that can be matched without going back. */

/** Signs as ranges of UTF-16 units, both ends included, in order. */
export type Signs = readonly (readonly [number, number])[]

export type Node =
  | { is: 'signs'; signs: Signs }
  | { is: 'all'; parts: readonly Node[] }
  | { is: 'either'; parts: readonly Node[] }
  | { is: 'repeat'; part: Node; least: number; most: number | null }

export type Pattern = { node: Node; boundBefore: boolean; boundAfter: boolean }

/** Why a pattern is refused, in a sentence for whoever wrote it. */
export class PatternRefused extends Error {
  override name = 'PatternRefused'
}

const refuse = (why: string): never => {
  throw new PatternRefused(why)
}

const lastUnit = 0xffff
const digit: Signs = [[0x30, 0x39]]
const word: Signs = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
const space: Signs = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x2028, 0x2029],
]
const repeatsMax = 256

export const not = (signs: Signs): Signs => {
  const out: [number, number][] = []
  let from = 0
  for (const [low, high] of merged(signs)) {
    if (low > from) out.push([from, low - 1])
    from = high + 1
  }
  if (from <= lastUnit) out.push([from, lastUnit])
  return out
}

export const merged = (signs: Signs): Signs => {
  const out: [number, number][] = []
  for (const [low, high] of [...signs].sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1)
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high)
    else out.push([low, high])
  }
  return out
}

const classes: Readonly<Record<string, Signs>> = {
  d: digit,
  D: not(digit),
  w: word,
  W: not(word),
  s: space,
  S: not(space),
}
const controls: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, r: 0x0d, f: 0x0c, v: 0x0b, '0': 0 }

export const parsePattern = (source: string): Pattern => {
  const bare = source.startsWith('\\b') ? source.slice(2) : source
  const boundAfter = /(?<!\\)(?:\\\\)*\\b$/.test(bare)
  const body = boundAfter ? bare.slice(0, -2) : bare
  const reader = { text: body, at: 0 }
  const node = eitherOf(reader)
  if (reader.at < body.length) refuse(`has a ')' too many at character ${reader.at + 1}.`)
  return { node, boundBefore: bare !== source, boundAfter }
}

type Reader = { text: string; at: number }

const eitherOf = (reader: Reader): Node => {
  const parts = [allOf(reader)]
  while (reader.text[reader.at] === '|') {
    reader.at++
    parts.push(allOf(reader))
  }
  return parts.length === 1 && parts[0] ? parts[0] : { is: 'either', parts }
}

const allOf = (reader: Reader): Node => {
  const parts: Node[] = []
  while (reader.at < reader.text.length && reader.text[reader.at] !== '|' && reader.text[reader.at] !== ')')
    parts.push(repeated(reader, atomOf(reader)))
  return { is: 'all', parts }
}

const repeated = (reader: Reader, part: Node): Node => {
  const bounds = boundsAt(reader)
  if (!bounds) return part
  const next = reader.text[reader.at]
  if (next === '?') refuse('asks for the shortest match; leave the second ? out, the longest one is found.')
  if (next === '+' || next === '*' || boundsAt({ ...reader })) refuse('repeats a repetition.')
  return { is: 'repeat', part, ...bounds }
}

const boundsAt = (reader: Reader): { least: number; most: number | null } | null => {
  const sign = reader.text[reader.at]
  if (sign === '*' || sign === '+' || sign === '?') {
    reader.at++
    return { least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : null }
  }
  const written = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(reader.text.slice(reader.at, reader.at + 14))
  if (!written) return null
  reader.at += written[0].length
  const least = Number(written[1])
  const most = written[2] === undefined ? least : written[3] === undefined ? null : Number(written[3])
  if (most !== null && most < least) refuse(`repeats at least ${least} and at most ${most} times.`)
  if (least > repeatsMax || (most ?? 0) > repeatsMax) refuse(`repeats more than ${repeatsMax} times.`)
  return { least, most }
}

const atomOf = (reader: Reader): Node => {
  const sign = reader.text[reader.at++] ?? ''
  if (sign === '(') return groupOf(reader)
  if (sign === '[') return { is: 'signs', signs: setOf(reader) }
  if (sign === '.')
    return {
      is: 'signs',
      signs: not([
        [0x0a, 0x0a],
        [0x0d, 0x0d],
      ]),
    }
  if (sign === '\\') return { is: 'signs', signs: escaped(reader) }
  if (sign === '^' || sign === '$')
    return refuse(
      `has '${sign}': a text has no fixed beginning and end here; use \\b, or \\${sign} for the sign itself.`,
    )
  if ('*+?{'.includes(sign))
    return refuse(`repeats nothing at character ${reader.at}; write \\${sign} for the sign itself.`)
  return { is: 'signs', signs: one(sign) }
}

const one = (sign: string): Signs => [[sign.charCodeAt(0), sign.charCodeAt(0)]]

const groupOf = (reader: Reader): Node => {
  if (reader.text[reader.at] === '?') {
    if (reader.text.startsWith('?:', reader.at)) reader.at += 2
    else if (/^\?<?[=!]/.test(reader.text.slice(reader.at))) refuse('looks ahead or behind, which needs going back.')
    else refuse('has a group of a kind that is not supported; use (…) or (?:…).')
  }
  const inner = eitherOf(reader)
  if (reader.text[reader.at] !== ')') refuse("has a '(' without its ')'.")
  reader.at++
  return inner
}

const escaped = (reader: Reader): Signs => {
  const sign = reader.text[reader.at++]
  if (sign === undefined) return refuse('ends with a backslash.')
  const known = classes[sign]
  if (known) return known
  const control = controls[sign]
  if (control !== undefined) return [[control, control]]
  const code = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(reader.text.slice(reader.at - 1, reader.at + 4))
  if (code) {
    reader.at += code[0].length - 1
    const unit = Number.parseInt(code[1] ?? code[2] ?? '', 16)
    return [[unit, unit]]
  }
  if (/[1-9k]/.test(sign)) return refuse('refers to an earlier group, which needs going back.')
  if (sign === 'b' || sign === 'B')
    return refuse('has \\b in its middle; it may stand at the beginning and at the end.')
  if (/[A-Za-z]/.test(sign)) return refuse(`has \\${sign}, which is not supported.`)
  return one(sign)
}

const setOf = (reader: Reader): Signs => {
  const negated = reader.text[reader.at] === '^'
  if (negated) reader.at++
  const signs: (readonly [number, number])[] = []
  while (reader.text[reader.at] !== ']') {
    if (reader.at >= reader.text.length) return refuse("has a '[' without its ']'.")
    const low = setSign(reader)
    const isRange = reader.text[reader.at] === '-' && reader.text[reader.at + 1] !== ']' && low.length === 1
    if (!isRange) {
      signs.push(...low)
      continue
    }
    reader.at++
    const from = low[0]?.[0] ?? 0
    const to = setSign(reader)[0]?.[1] ?? 0
    if (to < from) refuse('has a range that ends before it begins.')
    signs.push([from, to])
  }
  reader.at++
  if (signs.length === 0) return refuse('has an empty [].')
  return negated ? not(signs) : merged(signs)
}

const setSign = (reader: Reader): Signs => {
  const sign = reader.text[reader.at++] ?? ''
  return sign === '\\' ? escaped(reader) : one(sign)
}
