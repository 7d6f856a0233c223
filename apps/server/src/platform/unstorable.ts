/** Finds what no column can hold: a text with a NUL or half of a surrogate pair, and values inside each other without end. */
import type { FieldError } from './wrong-input.ts'

const depthMax = 100

type Place = { value: unknown; key: string; within: Place | null; depth: number }

/** The first such place, or null. It asks without recursion, so that what is nested deep cannot end the stack. */
export const unstorableIn = (value: unknown): FieldError | null => {
  const open: Place[] = [{ value, key: '', within: null, depth: 0 }]
  for (let place = open.pop(); place; place = open.pop()) {
    const { value: inner, depth } = place
    if (depth > depthMax)
      return { pointer: pointerTo(outermost(place)), detail: `is nested more than ${depthMax} deep` }
    const detail = typeof inner === 'string' ? wrongText(inner) : null
    if (detail) return { pointer: pointerTo(place), detail }
    if (typeof inner !== 'object' || inner === null || ArrayBuffer.isView(inner)) continue
    for (const [key, next] of Object.entries(inner)) {
      const wrongKey = wrongText(key)
      if (wrongKey) return { pointer: pointerTo(place), detail: `has a name that ${wrongKey}` }
      open.push({ value: next, key, within: place, depth: depth + 1 })
    }
  }
  return null
}

/** The field that it all stands in. */
const outermost = (place: Place): Place => (place.within?.within ? outermost(place.within) : place)

const wrongText = (text: string): string | null => {
  if (text.includes('\0')) return 'holds a NUL character'
  return text.isWellFormed() ? null : 'holds half of a surrogate pair'
}

const pointerTo = ({ key, within }: Place): string =>
  within ? `${pointerTo(within)}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}` : ''
